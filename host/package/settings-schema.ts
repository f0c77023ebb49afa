import { quote } from '../errors/index.js';
import { type Fields, present, readFields, readList } from './fields.js';
import { copyJson, isObject, type Json, jsonBudget, memberPath } from './json.js';
import { createReport, failOnProblems, type Report } from './report.js';
import { findSettingProblems, withDefaults } from './settings-check.js';
import { SETTING_TYPES, type SettingsSchema, type SettingType } from './settings-types.js';

const MAX_DEPTH = 6;
const MAX_SCHEMAS = 500;
const MAX_PROPERTIES = 100;
const MAX_ENUM = 200;
const MAX_LENGTH = 65_536;
const TEXT = { maxChars: 1000 };
/** What `KEY=VALUE` can name on a command line. */
const PROPERTY_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** Keywords that mean something for one type only; elsewhere they are a mistake that would go unseen. */
const OWN_TYPES: readonly (readonly [keyof SettingsSchema, readonly SettingType[]])[] = [
  ['minimum', ['number', 'integer']],
  ['maximum', ['number', 'integer']],
  ['minLength', ['string']],
  ['maxLength', ['string']],
  ['properties', ['object']],
  ['required', ['object']],
  ['additionalProperties', ['object']],
  ['items', ['array']],
  ['minItems', ['array']],
  ['maxItems', ['array']],
];

/**
 * Check the settings schema of a manifest: known keywords only, bounded depth and size, defaults that fit.
 *
 * @param value - parsed JSON; not modified.
 * @returns a normalised copy.
 * @throws PluginError `MANIFEST_INVALID` with every problem.
 */
export function checkSettingsSchema(value: unknown): SettingsSchema {
  const report = createReport();
  const schema = readSettingsSchema(value, 'settings', report);
  failOnProblems(report, 'MANIFEST_INVALID', 'Cannot use settings schema');
  // Nothing was reported, so there is one.
  return schema as SettingsSchema;
}

/** As `checkSettingsSchema`, into a report of the caller. */
export function readSettingsSchema(value: unknown, path: string, report: Report): SettingsSchema | undefined {
  const before = report.problems.length;
  const schema = createSchemaReader(report).read(value, path, 0);
  if (schema === undefined || report.problems.length > before) return undefined;
  if (schema.type !== 'object') return void report.problem(path, 'is not a schema of type "object"');
  checkDefaults(schema, path, report);
  return schema;
}

function createSchemaReader(report: Report) {
  const budget = jsonBudget();
  let schemas = 0;

  function read(value: unknown, path: string, depth: number): SettingsSchema | undefined {
    schemas += 1;
    if (schemas > MAX_SCHEMAS) {
      // Once: the rest would say the same.
      return schemas === MAX_SCHEMAS + 1
        ? void report.problem(path, `is more than the ${MAX_SCHEMAS}th schema`)
        : undefined;
    }
    if (depth > MAX_DEPTH) return void report.problem(path, `is nested deeper than ${MAX_DEPTH} levels`);
    const fields = readFields(value, path, report);
    if (fields === undefined) return undefined;
    const json = (key: string): Json | undefined => {
      const found = fields.raw(key);
      return found === undefined ? undefined : copyJson(found, memberPath(path, key), report, budget);
    };
    const number = (key: string): number | undefined => {
      const found = json(key);
      if (found === undefined || typeof found === 'number') return found;
      return void report.problem(memberPath(path, key), 'is not a number');
    };
    const properties = readProperties(fields.raw('properties'), memberPath(path, 'properties'), depth);
    const schema = present({
      type: fields.oneOf('type', SETTING_TYPES),
      title: fields.text('title', TEXT),
      description: fields.text('description', TEXT),
      default: json('default'),
      enum: fields.list('enum', MAX_ENUM, (item, at) => copyJson(item, at, report, budget) as Json | undefined),
      const: json('const'),
      minimum: number('minimum'),
      maximum: number('maximum'),
      minLength: fields.integer('minLength', 0, MAX_LENGTH),
      maxLength: fields.integer('maxLength', 0, MAX_LENGTH),
      properties,
      required: readRequired(fields, path, properties),
      additionalProperties: readAdditional(
        fields.raw('additionalProperties'),
        memberPath(path, 'additionalProperties'),
        depth,
      ),
      items: optional(fields.raw('items'), memberPath(path, 'items'), depth),
      minItems: fields.integer('minItems', 0, MAX_LENGTH),
      maxItems: fields.integer('maxItems', 0, MAX_LENGTH),
    });
    fields.done();
    checkShape(schema, path, report);
    return schema;
  }

  function optional(value: unknown, path: string, depth: number): SettingsSchema | undefined {
    return value === undefined ? undefined : read(value, path, depth + 1);
  }

  function readAdditional(value: unknown, path: string, depth: number): boolean | SettingsSchema | undefined {
    return typeof value === 'boolean' ? value : optional(value, path, depth);
  }

  function readProperties(value: unknown, path: string, depth: number): SettingsSchema['properties'] {
    if (value === undefined) return undefined;
    if (!isObject(value)) return void report.problem(path, 'is not an object');
    const names = Object.keys(value);
    if (names.length > MAX_PROPERTIES) {
      return void report.problem(path, `has ${names.length} properties, the limit is ${MAX_PROPERTIES}`);
    }
    const properties: Record<string, SettingsSchema> = Object.create(null);
    for (const name of names) {
      if (!PROPERTY_NAME.test(name)) {
        report.problem(
          path,
          `has the name ${quote(name, 80)}: use letters, digits, "_", "-" and ".", starting with a letter`,
        );
        continue;
      }
      const schema = read(value[name], memberPath(path, name), depth + 1);
      if (schema !== undefined) properties[name] = schema;
    }
    return properties;
  }

  function readRequired(fields: Fields, path: string, properties: SettingsSchema['properties']): string[] | undefined {
    const value = fields.raw('required');
    const at = memberPath(path, 'required');
    if (value === undefined) return undefined;
    return readList(value, at, report, MAX_PROPERTIES, (item, itemPath) => {
      if (typeof item === 'string' && Object.hasOwn(properties ?? {}, item)) return item;
      return void report.problem(itemPath, 'is not the name of a property');
    });
  }

  return { read };
}

function checkShape(schema: SettingsSchema, path: string, report: Report): void {
  if (schema.type === undefined && schema.enum === undefined && schema.const === undefined) {
    report.problem(path, 'has neither a type nor an enum nor a const');
  }
  if (schema.enum?.length === 0) report.problem(memberPath(path, 'enum'), 'is empty: nothing could be set');
  for (const [keyword, types] of OWN_TYPES) {
    if (schema[keyword] !== undefined && (schema.type === undefined || !types.includes(schema.type))) {
      report.problem(memberPath(path, keyword), `belongs to the type ${types.join(' or ')}`);
    }
  }
  for (const [low, high] of [
    ['minimum', 'maximum'],
    ['minLength', 'maxLength'],
    ['minItems', 'maxItems'],
  ] as const) {
    if ((schema[low] ?? -Infinity) > (schema[high] ?? Infinity)) {
      report.problem(memberPath(path, low), `is above ${high}`);
    }
  }
}

// A default that breaks its own schema would only show on the operator's machine.
function checkDefaults(schema: SettingsSchema, path: string, report: Report, budget = jsonBudget()): void {
  if (schema.default !== undefined) {
    const at = memberPath(path, 'default');
    const complete = withDefaults(schema, schema.default, budget);
    // One budget for all of them, and once it is used up nothing more can be said.
    if (complete === undefined) return void report.problem(at, 'is too large with the defaults inside it');
    for (const problem of findSettingProblems(schema, complete)) {
      report.problem(at, `does not fit: ${problem.path} ${problem.text}`);
    }
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    checkDefaults(property, memberPath(memberPath(path, 'properties'), name), report, budget);
  }
  if (schema.items !== undefined) checkDefaults(schema.items, memberPath(path, 'items'), report, budget);
  if (typeof schema.additionalProperties === 'object') {
    checkDefaults(schema.additionalProperties, memberPath(path, 'additionalProperties'), report, budget);
  }
}
