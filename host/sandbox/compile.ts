/**
 * Component bytes -> something that can be instantiated: decode, admit, rewrite, compile.
 *
 * Compiled components are kept in the process, by digest and limits, as far as there is room: the same plugin is loaded by
 * many hosts, and compiling is most of what loading costs.
 */
import { createHash } from 'node:crypto';
import { type ComponentPlan, type CoreRef, decodeComponent, type HostFunction } from '../component/index.js';
import { PluginError } from '../errors/index.js';
import { admitImports, admitModules } from './admit.js';
import { memoryBounds, tableBounds } from './bounds.js';
import { buildGuard } from './guard.js';
import { instantiate, type LinkParts } from './instantiate.js';
import { DEFAULT_SANDBOX_LIMITS, type SandboxLimits } from './limits.js';
import type { CompiledComponent } from './options.js';
import { createPromiseCache } from './promise-cache.js';
import { boundMemoryAndTables, type Rewrite } from './rewrite.js';
import { type WasmModule, wasm } from './web-assembly.js';

/** Components that are kept, and their bytes together: V8 holds on to those, and to the code that it made of them. */
const CACHED = 64;
const CACHED_BYTES = 128 * 1024 * 1024;
/** Below this size, compiling on the spot is faster than a round through V8's threads. */
const COMPILE_INLINE_BYTES = 256 * 1024;

/** What is done to each core module between validating and compiling. */
const rewrite: Rewrite = boundMemoryAndTables;

const cache = createPromiseCache<LinkParts>(CACHED, CACHED_BYTES);

/**
 * Check and compile a component. Runs no code of it.
 *
 * @param bytes - the component; copied, so that nobody can change it between the checks and their use.
 * @param limits - what is left out takes the defaults of {@link SandboxLimits}.
 * @param offered - names without version of the interfaces that instances will have capabilities for; an import outside
 *   WASI and `wasm-plugin:host` that is not among them is refused now rather than when instantiating.
 * @throws PluginError `COMPONENT_MALFORMED`, `COMPONENT_UNSUPPORTED`, `LIMIT_EXCEEDED`.
 */
export async function compileComponent(
  bytes: Uint8Array,
  limits: Partial<SandboxLimits> = {},
  offered?: ReadonlySet<string>,
): Promise<CompiledComponent> {
  const all: SandboxLimits = { ...DEFAULT_SANDBOX_LIMITS, ...limits };
  if (bytes.byteLength > all.component.componentBytes) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot load the component: it has ${bytes.byteLength} bytes, the limit is ${all.component.componentBytes}`,
    );
  }
  const copy = new Uint8Array(bytes);
  const key = `${createHash('sha256').update(copy).digest('hex')} ${JSON.stringify(all)}`;
  const parts = await cache.get(key, copy.byteLength, () => compile(copy, all));
  admitImports(parts.plan, offered);
  return {
    hooks: [...parts.plan.hooks.keys()],
    imports: parts.plan.imports,
    instantiate(options) {
      admitImports(parts.plan, new Set(options.capabilities.keys()));
      return instantiate(parts, options);
    },
  };
}

async function compile(bytes: Uint8Array, limits: SandboxLimits): Promise<LinkParts> {
  const plan = decodeComponent(bytes, limits.component);
  admitImports(plan, undefined);
  const facts = admitModules(plan, limits);
  memoryBounds(plan, facts, limits);
  const tables = tableBounds(plan, facts, limits.tableEntries);
  const modules = await Promise.all(
    plan.modules.map((module, i) => compileModule(rewrite(module, facts[i]!, { tableMaxima: tables[i]! }), i)),
  );
  const hostFunctions = collectHostFunctions(plan, limits.hostFunctions);
  const guard =
    hostFunctions.size === 0
      ? undefined
      : new wasm.Module(buildGuard([...hostFunctions.keys()].map((func) => func.signature)));
  return { plan: { ...plan, modules: [] }, facts, modules, hostFunctions, guard, limits };
}

async function compileModule(module: Uint8Array, index: number): Promise<WasmModule> {
  try {
    return module.byteLength < COMPILE_INLINE_BYTES ? new wasm.Module(module) : await wasm.compile(module);
  } catch (cause) {
    throw new PluginError('HOST_BUG', `Cannot compile core module ${index}: it was valid before it was rewritten`, {
      cause,
    });
  }
}

/** Every function of the plan that the host provides, each once, numbered. */
function collectHostFunctions(plan: ComponentPlan, limit: number): ReadonlyMap<HostFunction, number> {
  const found = new Map<HostFunction, number>();
  const add = (ref: CoreRef): void => {
    if (ref.kind !== 'export' && !found.has(ref)) {
      found.set(ref, found.size);
    }
  };
  for (const instance of plan.instances) {
    if (instance.kind === 'exports') {
      instance.exports.forEach(add);
    }
  }
  if (found.size > limit) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot load the component: it uses ${found.size} host functions, the limit is ${limit}`,
    );
  }
  return found;
}
