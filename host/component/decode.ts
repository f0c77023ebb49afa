/**
 * A component binary -> its link plan. Pure: bytes in, records out.
 *
 * Read once, front to back: index spaces are filled with resolved values, nested components are read where they are
 * instantiated, and what remains is the flat plan of plan.ts. The profile of what real toolchains emit decides what is
 * read; anything else is refused by name and offset. Specification: the Component Model's Binary.md and CanonicalABI.md
 * (design/mvp), binary version 0x0d.
 */
import { PluginError, quote } from '../errors/index.js';
import type { Decoding } from './context.js';
import { malformed, unsupported } from './failures.js';
import { parseInterfaceId } from './interface-id.js';
import type { ComponentLimits } from './limits.js';
import { DEFAULT_COMPONENT_LIMITS } from './limits.js';
import type { ComponentPlan, LiftedHook } from './plan.js';
import { readComponent, readPreamble, readSection, SECTION } from './read-component.js';
import type { ExternType } from './read-externs.js';
import { readExternName } from './read-externs.js';
import { declareInstance } from './read-types.js';
import { Reader } from './reader.js';
import type { Instance, Item } from './scope.js';
import { hasPluginSignature } from './types.js';

/** Namespace of the hooks and capabilities that this project defines. */
const OWN_NAMESPACE = 'wasm-plugin';
const WASI_NAMESPACE = 'wasi';
const HOOK_FUNCTION = 'handle';
const CAPABILITY_FUNCTION = 'call';

/**
 * Decode a component into what a linker needs.
 *
 * Time and memory are bounded by `limits.items`, not by counts in the file; core modules are views onto `bytes`, and
 * their insides are not looked at.
 *
 * @param bytes - the whole component; not modified. The plan refers to it, so it must not change afterwards.
 * @param limits - see {@link ComponentLimits} for the defaults.
 * @returns the plan. Its hooks are the exported interfaces whose `handle` is lifted with the one plugin signature;
 *   other exports are listed but not linked.
 * @throws PluginError `COMPONENT_MALFORMED` for bytes that break the format; `COMPONENT_UNSUPPORTED` for what is outside
 *   the profile, an import of another shape among them; `LIMIT_EXCEEDED`. Each names the byte offset, where one is at fault.
 */
export function decodeComponent(bytes: Uint8Array, limits: ComponentLimits = DEFAULT_COMPONENT_LIMITS): ComponentPlan {
  const reader = open(bytes, limits);
  const decoding: Decoding = { limits, modules: [], moduleAt: new Map(), instances: [], resources: 0, depth: 0 };
  const imports: string[] = [];
  const root = readComponent(decoding, reader, undefined, (name, type, offset) => {
    imports.push(name);
    return importInterface(decoding, name, type, offset);
  });
  const hooks = new Map<string, LiftedHook>();
  const exports: string[] = [];
  for (const [name, item] of root.exports) {
    const id = parseInterfaceId(name);
    if (id === undefined) {
      continue;
    }
    exports.push(name);
    const hook = item.sort === 'instance' ? findHook(item.value) : undefined;
    if (hook !== undefined) {
      hooks.set(name, hook);
    } else if (id.namespace === OWN_NAMESPACE) {
      throw new PluginError(
        'COMPONENT_UNSUPPORTED',
        `Cannot link the component: its export ${quote(name)} has no ${HOOK_FUNCTION}: func(list<u8>) -> result<list<u8>, list<u8>>`,
      );
    }
  }
  return { modules: decoding.modules, imports, exports, instances: decoding.instances, hooks };
}

/**
 * The names of a component's imports and exports, without decoding the rest: for `inspect` and `install`.
 *
 * @param bytes - the whole component; neither kept nor modified.
 * @returns interface ids in order, and the names of functions that are imported or exported by themselves.
 * @throws PluginError as {@link decodeComponent}, but notices less: sections in between are skipped.
 */
export function describeComponent(
  bytes: Uint8Array,
  limits: ComponentLimits = DEFAULT_COMPONENT_LIMITS,
): { readonly imports: readonly string[]; readonly exports: readonly string[] } {
  const reader = open(bytes, limits);
  readPreamble(reader);
  const imports: string[] = [];
  const exports: string[] = [];
  while (!reader.done) {
    const { id, body } = readSection(reader);
    if (id === SECTION.import) {
      for (let left = body.count(); left > 0; left--) {
        imports.push(readExternName(body));
        skipExternType(body);
      }
    } else if (id === SECTION.export) {
      for (let left = body.count(); left > 0; left--) {
        exports.push(readExternName(body));
        skipExport(body);
      }
    }
  }
  return { imports, exports };
}

function open(bytes: Uint8Array, limits: ComponentLimits): Reader {
  if (bytes.byteLength > limits.componentBytes) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot decode the component: it has ${bytes.byteLength} bytes, the limit is ${limits.componentBytes}`,
    );
  }
  return new Reader(bytes, { left: limits.items, limit: limits.items }, limits.nameBytes);
}

function importInterface(decoding: Decoding, name: string, type: ExternType, offset: number): Item {
  const id = parseInterfaceId(name);
  if (id === undefined || type.sort !== 'instance') {
    throw unsupported(offset, `it imports ${quote(name)}, which is not an interface`);
  }
  const instance = declareInstance(decoding, type.type, name);
  if (id.namespace !== WASI_NAMESPACE) {
    checkCapability(name, instance, offset);
  }
  return { sort: 'instance', value: instance };
}

function checkCapability(name: string, instance: Instance, offset: number): void {
  for (const [member, item] of instance.exports) {
    if (member !== CAPABILITY_FUNCTION || item.sort !== 'func' || !hasPluginSignature(item.value.type)) {
      throw unsupported(
        offset,
        `its import ${quote(name)} has ${quote(member)}, where only ${CAPABILITY_FUNCTION}: func(list<u8>) -> result<list<u8>, list<u8>> may be`,
      );
    }
  }
}

function findHook({ exports }: Instance): LiftedHook | undefined {
  const item = exports.get(HOOK_FUNCTION);
  if (item?.sort !== 'func' || item.value.kind !== 'lifted' || !hasPluginSignature(item.value.type)) {
    return undefined;
  }
  const { core: handle, memory, realloc, postReturn } = item.value;
  if (handle.kind !== 'export' || memory === undefined || realloc === undefined) {
    return undefined;
  }
  return { handle, memory, realloc, postReturn };
}

function skipExternType(reader: Reader): void {
  const offset = reader.offset;
  const sort = reader.u8();
  if (sort === 0x00) {
    reader.u8();
  }
  // A bound of its own stands between a type import and its index, and `sub resource` has no index.
  if (sort === 0x03 && reader.u8() === 0x01) {
    return;
  }
  if (sort > 0x05 || sort === 0x02) {
    throw malformed(offset, `unknown kind of import or export 0x${sort.toString(16)}`);
  }
  reader.u32();
}

function skipExport(reader: Reader): void {
  if (reader.u8() === 0x00) {
    reader.u8();
  }
  reader.u32();
  if (reader.u8() === 0x01) {
    skipExternType(reader);
  }
}
