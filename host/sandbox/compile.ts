/**
 * Component bytes -> something that can be instantiated: decode, admit, rewrite, compile.
 *
 * Compiled components are kept in the process, by digest and limits, as far as there is room: the same plugin is loaded by
 * many hosts, and compiling is most of what loading costs.
 */
import { createHash } from 'node:crypto';
import { type ComponentPlan, type CoreRef, decodeComponent, type HostFunction } from '../component/index.js';
import { PluginError } from '../errors/index.js';
import { admitImports, admitModules, checkOffered } from './admit.js';
import { memoryBounds, tableBounds } from './bounds.js';
import { INLINE_DEADLINE_METER } from './deadline/index.js';
import { buildGuard } from './guard.js';
import { instantiate, type LinkParts } from './instantiate.js';
import { type CodeStore, decodeKept, encodeKept } from './kept-code.js';
import { DEFAULT_SANDBOX_LIMITS, type SandboxLimits } from './limits.js';
import { type Meter, REWRITE_REVISION, type RewrittenModule, rewriteModule } from './meter/index.js';
import type { CompiledComponent, Isolation } from './options.js';
import { moduleName, modulePositions } from './position/index.js';
import { createPromiseCache } from './promise-cache.js';
import { startThreadInstance } from './thread/index.js';
import { type WasmModule, wasm } from './web-assembly.js';

/** Components that are kept, and their bytes together: V8 holds on to those, and to the code that it made of them. */
const CACHED = 64;
const CACHED_BYTES = 128 * 1024 * 1024;
/** Below this size, compiling on the spot is faster than a round through V8's threads. */
const COMPILE_INLINE_BYTES = 256 * 1024;
const TAG_DIGITS = 8;

/**
 * Limits that are held while an instance runs: they make no difference to what is compiled. `compileMs` is not one of them: who has
 * time must not get the failure of who had none, when both load the same at once.
 */
const CALL_LIMITS: ReadonlySet<string> = new Set<keyof SandboxLimits>([
  'messageBytes',
  'deadlineMs',
  'fuel',
  'capabilityCalls',
  'stackBytes',
]);

const cache = createPromiseCache<Omit<LinkParts, 'limits'>>(CACHED, CACHED_BYTES);

/**
 * Check and compile a component. Runs no code of it.
 *
 * @param bytes - the component; copied, so that nobody can change it between the checks and their use.
 * @param limits - what is left out takes the defaults of {@link SandboxLimits}.
 * @param offered - names without version of the interfaces that instances will have capabilities for; an import outside
 *   WASI and `wasm-plugin:host` that is not among them is refused now rather than when instantiating.
 * @param isolation - where instances will run. Code that shares its caller's thread is metered so that it can be stopped there; a
 *   thread of its own is ended from outside, so its code has no checks, unless fuel is counted.
 * @param code - keeps the rewritten code for the next process. Default: nobody does.
 * @throws PluginError `COMPONENT_MALFORMED`, `COMPONENT_UNSUPPORTED`, `LIMIT_EXCEEDED`.
 */
export async function compileComponent(
  bytes: Uint8Array,
  limits: Partial<SandboxLimits> = {},
  offered?: ReadonlySet<string>,
  isolation: Isolation = 'inline',
  code?: CodeStore,
): Promise<CompiledComponent> {
  const all: SandboxLimits = { ...DEFAULT_SANDBOX_LIMITS, ...limits };
  if (bytes.byteLength > all.component.componentBytes) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot load the component: it has ${bytes.byteLength} bytes, the limit is ${all.component.componentBytes}`,
    );
  }
  const copy = new Uint8Array(bytes);
  const meter: Meter = {
    deadline: isolation === 'inline' ? INLINE_DEADLINE_METER : 'none',
    fuel: all.fuel !== undefined,
  };
  const digest = createHash('sha256').update(copy).digest('hex');
  // Not by a replacer of `stringify`: that would drop the meter's `fuel` as well, and hand out code that counts none.
  const shape = Object.entries(all).filter(([name]) => !CALL_LIMITS.has(name));
  const key = `${digest} ${JSON.stringify([REWRITE_REVISION, shape, meter])}`;
  const keyDigest = createHash('sha256').update(key).digest('hex');
  const compiled = await cache.get(key, copy.byteLength, () => compile(copy, all, meter, keyDigest, code));
  const parts: LinkParts = { ...compiled, limits: all };
  if (offered !== undefined) {
    checkOffered(parts.embedderImports, offered);
  }
  return {
    hooks: [...parts.plan.hooks.keys()],
    imports: parts.plan.imports,
    instantiate(options) {
      checkIsolation(isolation, 'inline');
      checkOffered(parts.embedderImports, options.capabilities);
      return instantiate(parts, options);
    },
    async startThread(options, signal) {
      checkIsolation(isolation, 'thread');
      checkOffered(parts.embedderImports, options.capabilities);
      return startThreadInstance(parts, options, signal);
    },
  };
}

/** Code for threads has no deadline in it: run inline, nothing could stop it. */
function checkIsolation(compiledFor: Isolation, wanted: Isolation): void {
  if (compiledFor !== wanted) {
    throw new TypeError(
      `Cannot make an instance: the component was compiled for isolation ${compiledFor}, not ${wanted}`,
    );
  }
}

/** @param key - 64 hexadecimal digits, which tell what is compiled apart from everything else that is, in stacks too. */
async function compile(
  bytes: Uint8Array,
  limits: SandboxLimits,
  meter: Meter,
  key: string,
  code: CodeStore | undefined,
): Promise<Omit<LinkParts, 'limits'>> {
  const tag = key.slice(0, TAG_DIGITS);
  const timeLeft = timeLimit(limits.compileMs);
  const plan = decodeComponent(bytes, limits.component);
  const embedderImports = admitImports(plan);
  const kept = readKept(code, key, plan.modules.length);
  const facts = admitModules(plan, limits, kept !== undefined);
  const memories = memoryBounds(plan, facts, limits);
  const tables = tableBounds(plan, facts, limits.tableEntries);
  const rewrite = (module: Uint8Array, i: number): RewrittenModule => {
    timeLeft();
    return rewriteModule(module, facts[i]!, {
      tableMaxima: tables[i]!,
      meter,
      functionBytes: limits.functionBytes,
      moduleName: moduleName(tag, i),
    });
  };
  const rewritten = kept ?? plan.modules.map(rewrite);
  const modules: WasmModule[] = [];
  for (const [i, { bytes: module }] of rewritten.entries()) {
    modules.push(await compileModule(module, i, limits.compileMs, timeLeft));
  }
  if (kept === undefined) code?.keep(key, encodeKept(rewritten));
  const hostFunctions = collectHostFunctions(plan, limits.hostFunctions);
  const guard =
    hostFunctions.size === 0
      ? undefined
      : new wasm.Module(buildGuard([...hostFunctions.keys()].map((func) => func.signature)));
  const positions = rewritten.map(({ origins }, i) =>
    modulePositions(moduleName(tag, i), plan.modules[i]!, facts[i]!, origins),
  );
  return {
    plan: { ...plan, modules: [] },
    facts,
    embedderImports,
    memories,
    modules,
    positions,
    meter,
    hostFunctions,
    guard,
  };
}

/** The rewritten modules, if an earlier process kept them. */
function readKept(code: CodeStore | undefined, key: string, count: number): RewrittenModule[] | undefined {
  const kept = code?.read(key);
  return kept && decodeKept(kept, count);
}

/** @returns a function that says how many milliseconds are left, and throws PluginError `LIMIT_EXCEEDED` once none are. */
function timeLimit(ms: number): () => number {
  const start = performance.now();
  return () => {
    const left = start + ms - performance.now();
    if (left <= 0) {
      throw tookTooLong(ms);
    }
    return left;
  };
}

function tookTooLong(ms: number): PluginError {
  return new PluginError('LIMIT_EXCEEDED', `Cannot load the component: compiling it takes longer than ${ms} ms`, {
    hint: 'Raise the limit on compile time, or make the component smaller.',
    details: { limit: ms },
  });
}

/** @param ms - that the whole component may take, for the error. */
async function compileModule(
  module: Uint8Array,
  index: number,
  ms: number,
  timeLeft: () => number,
): Promise<WasmModule> {
  const left = timeLeft();
  try {
    return module.byteLength < COMPILE_INLINE_BYTES
      ? new wasm.Module(module)
      : await within(left, ms, wasm.compile(module));
  } catch (cause) {
    if (cause instanceof PluginError) {
      throw cause;
    }
    throw new PluginError('HOST_BUG', `Cannot compile core module ${index}: it was valid before it was rewritten`, {
      cause,
    });
  }
}

/** V8 cannot be told to stop compiling; what it goes on with is dropped. */
async function within<T>(left: number, ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tookTooLong(ms)), left);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
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
