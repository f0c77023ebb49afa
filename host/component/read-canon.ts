/** Canonical definitions: where component functions meet core functions. Binary.md, "Canonical Definitions". */
import { quote } from '../errors/index.js';
import { malformed, unsupported } from './failures.js';
import type { CoreExport, CoreRef, CoreSignature, HostFunction } from './plan.js';
import { asCoreExport } from './read-alias.js';
import type { Reader } from './reader.js';
import type { Func, Scope } from './scope.js';
import type { ResourceType } from './types.js';
import { isPlainFunction, loweredSignature } from './types.js';

interface Options {
  readonly memory: CoreExport | undefined;
  readonly realloc: CoreExport | undefined;
  readonly postReturn: CoreExport | undefined;
}

const TAKES_HANDLE: CoreSignature = { parameters: ['i32'], results: [] };
const MAPS_HANDLE: CoreSignature = { parameters: ['i32'], results: ['i32'] };

/** Read one `canon` and give its function the next index. */
export function readCanon(scope: Scope, reader: Reader): void {
  const offset = reader.offset;
  const opcode = reader.u8();
  switch (opcode) {
    case 0x00:
      expectFuncSort(reader);
      scope.funcs.push(readLift(scope, reader, offset));
      return;
    case 0x01: {
      expectFuncSort(reader);
      const func = scope.funcs[reader.index(scope.funcs.length, 'function')]!;
      scope.coreFuncs.push(lower(func, readOptions(scope, reader), offset));
      return;
    }
    case 0x02:
    case 0x03:
    case 0x04:
      scope.coreFuncs.push(resourceOperation(opcode, readResource(scope, reader), offset));
      return;
    default:
      throw unsupported(offset, `it uses the canonical built-in 0x${opcode.toString(16)}`);
  }
}

function expectFuncSort(reader: Reader): void {
  const offset = reader.offset;
  if (reader.u8() !== 0x00) {
    throw malformed(offset, 'a canonical definition of something other than a function');
  }
}

function readLift(scope: Scope, reader: Reader, offset: number): Func {
  const core = scope.coreFuncs[reader.index(scope.coreFuncs.length, 'core function')]!;
  const options = readOptions(scope, reader);
  const type = scope.types[reader.index(scope.types.length, 'type')]!;
  if (type.kind !== 'func') {
    throw malformed(offset, `a function is lifted to a ${type.kind} type`);
  }
  return { kind: 'lifted', type, core, ...options };
}

function readOptions(scope: Scope, reader: Reader): Options {
  const found = new Map<number, CoreExport | undefined>();
  for (let left = reader.count(); left > 0; left--) {
    const offset = reader.offset;
    const option = reader.u8();
    // The three encodings exclude one another; they share a key so that a second one is noticed.
    const key = option <= 0x02 ? 0x00 : option;
    if (found.has(key)) {
      throw malformed(offset, 'a canonical option stands twice');
    }
    found.set(key, readOption(scope, reader, option, offset));
  }
  return { memory: found.get(0x03), realloc: found.get(0x04), postReturn: found.get(0x05) };
}

function readOption(scope: Scope, reader: Reader, option: number, offset: number): CoreExport | undefined {
  switch (option) {
    case 0x00:
      return undefined;
    case 0x01:
    case 0x02:
      throw unsupported(offset, 'strings that are not UTF-8');
    case 0x03:
      return asCoreExport(readRef(reader, scope.coreMemories, 'core memory'), offset, 'a memory');
    case 0x04:
      return asCoreExport(readRef(reader, scope.coreFuncs, 'core function'), offset, 'a realloc function');
    case 0x05:
      return asCoreExport(readRef(reader, scope.coreFuncs, 'core function'), offset, 'a post-return function');
    case 0x06:
    case 0x07:
      throw unsupported(offset, 'an async function');
    default:
      throw malformed(offset, `unknown canonical option 0x${option.toString(16)}`);
  }
}

function readRef(reader: Reader, space: readonly CoreRef[], name: string): CoreRef {
  return space[reader.index(space.length, name)]!;
}

function lower(func: Func, options: Options, offset: number): HostFunction {
  const signature = loweredSignature(func.type);
  if (func.kind === 'imported') {
    const { memory, realloc } = options;
    return { kind: 'lowered', interface: func.interface, func: func.name, memory, realloc, signature };
  }
  if (func.kind === 'declared') {
    throw unsupported(offset, 'it lowers a function of an instance inside an imported interface');
  }
  if (isPlainFunction(func.type) && func.core.kind === 'export') {
    return { kind: 'relay', target: func.core, postReturn: func.postReturn, signature };
  }
  const name = func.core.kind === 'export' ? quote(func.core.name) : 'without a name';
  return { kind: 'missing', what: `a call between two components, to function ${name}`, signature };
}

function readResource(scope: Scope, reader: Reader): ResourceType {
  const offset = reader.offset;
  const type = scope.types[reader.index(scope.types.length, 'type')]!;
  if (type.kind !== 'resource') {
    throw malformed(offset, `a ${type.kind} type stands where a resource must`);
  }
  return type;
}

function resourceOperation(opcode: 0x02 | 0x03 | 0x04, { origin }: ResourceType, offset: number): HostFunction {
  const operation = opcode === 0x02 ? 'new' : opcode === 0x03 ? 'drop' : 'rep';
  const signature = operation === 'drop' ? TAKES_HANDLE : MAPS_HANDLE;
  if (origin.from === 'definition') {
    return { kind: 'own-resource', operation, resource: origin.id, destructor: origin.destructor, signature };
  }
  if (origin.from === 'import' && operation === 'drop') {
    return { kind: 'drop-imported', interface: origin.interface, resource: origin.name, signature };
  }
  if (origin.from === 'declaration') {
    throw unsupported(offset, 'it uses a resource of an instance inside an imported interface');
  }
  throw malformed(offset, `resource.${operation} of a resource that the component does not define`);
}
