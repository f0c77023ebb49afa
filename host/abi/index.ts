export { any, bin, bool, doc, f64, int, list, map, oneOf, optional, str, struct, withDefault } from './builders.js';
export { capabilities } from './capabilities/index.js';
export { decode } from './decode.js';
export { encode } from './encode.js';
export { errorMessage } from './error-message.js';
export type {
  CapabilityInterface,
  Hook,
  RequestInputOf,
  RequestOf,
  ResponseInputOf,
  ResponseOf,
} from './hook.js';
export { defineHook } from './hook.js';
export { hooks } from './hooks/index.js';
export type { InterfaceId } from './interface-id.js';
export { interfaceName, parseInterfaceId, sameMajor } from './interface-id.js';
export type { FromJsonResult, Json } from './json.js';
export { fromJson, toJson, valueToJson } from './json.js';
export { MAX_DEPTH, MAX_VALUES } from './scan.js';
export type {
  DefaultValue,
  Field,
  FieldNode,
  Fields,
  Infer,
  InferInput,
  Schema,
  SchemaNode,
  StructNode,
  StructSchema,
} from './schema.js';
export type { Value, ValueObject } from './value.js';
