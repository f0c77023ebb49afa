/** A link plan and its compiled modules -> one live instance. */
import type { ComponentPlan, CoreExport, CoreRef, HostFunction } from '../component/index.js';
import { PluginError, quote } from '../errors/index.js';
import { memoryBounds } from './bounds.js';
import { GUARD_IMPORT } from './guard.js';
import { type Exports, HostFunctions } from './host-functions.js';
import { liftHook } from './lift.js';
import type { SandboxLimits } from './limits.js';
import type { ModuleFacts } from './module-facts.js';
import type { CallResult, ComponentInstance, InstanceOptions } from './options.js';
import { MEMORY_IMPORT, RESERVED_NAMESPACE } from './reserved.js';
import { InstanceState } from './state.js';
import { type CoreFunction, createWasi, type Wasi } from './wasi/index.js';
import { type WasmImports, type WasmMemory, type WasmModule, wasm } from './web-assembly.js';

/** All that instances of one component share; immutable. */
export interface LinkParts {
  readonly plan: ComponentPlan;
  readonly facts: readonly ModuleFacts[];
  readonly modules: readonly WasmModule[];
  /** Every function that the host provides, in the order of the guard's exports. */
  readonly hostFunctions: ReadonlyMap<HostFunction, number>;
  readonly guard: WasmModule | undefined;
  readonly limits: SandboxLimits;
}

/**
 * Make one instance. Guest code runs here already: start functions, and whatever they call.
 *
 * @throws PluginError as {@link CompiledComponent.instantiate} says; nothing of the instance is left then.
 */
export function instantiate(parts: LinkParts, options: InstanceOptions): ComponentInstance {
  const limits = { ...parts.limits, ...options.limits };
  const state = new InstanceState(options.lastWords ?? (() => undefined));
  let wasi: Wasi | undefined;
  const namespaces: Readonly<Record<string, unknown>>[] = [];
  const exports = exportsOf(namespaces);
  const functions = new HostFunctions({
    options,
    messageBytes: limits.messageBytes,
    state,
    exports,
    wasi: () => {
      wasi ??= createWasi(options.wasi);
      return wasi;
    },
  });
  const flush = (): void => {
    try {
      wasi?.flush();
    } catch (error) {
      throw state.hostThrew(error, 'the sink of output lines');
    }
  };
  // What the guest printed belongs before the error that ended it; a sink that fails now has nothing to add to that.
  state.beforeDeath = flush;
  state.busy = true;
  try {
    link(parts, limits, functions, namespaces);
    const hooks = liftHooks(parts.plan, functions, exports, limits, state, flush);
    flush();
    return new LiveInstance(state, hooks, flush);
  } catch (error) {
    throw state.die('Cannot start the component', 'start', error);
  } finally {
    state.busy = false;
  }
}

function link(
  { plan, facts, modules, hostFunctions, guard }: LinkParts,
  limits: SandboxLimits,
  functions: HostFunctions,
  namespaces: Readonly<Record<string, unknown>>[],
): void {
  const memories = memoryBounds(plan, facts, limits);
  const guarded = guard === undefined ? {} : instantiateGuard(guard, hostFunctions, functions);
  const resolve = (ref: CoreRef): unknown =>
    ref.kind === 'export' ? exportAt(namespaces, ref) : guarded[String(hostFunctions.get(ref))];
  plan.instances.forEach((instance, index) => {
    if (instance.kind === 'exports') {
      namespaces.push(record([...instance.exports].map(([name, ref]) => [name, resolve(ref)])));
      return;
    }
    const imports: WasmImports = record([...instance.args].map(([name, arg]) => [name, namespaces[arg]!]));
    const memory = memories.get(index);
    if (memory !== undefined) {
      imports[RESERVED_NAMESPACE] = { [MEMORY_IMPORT]: createMemory(memory.minimum, memory.maximum) };
    }
    namespaces.push(new wasm.Instance(modules[instance.module]!, imports).exports);
  });
}

function instantiateGuard(
  guard: WasmModule,
  hostFunctions: ReadonlyMap<HostFunction, number>,
  functions: HostFunctions,
): Readonly<Record<string, unknown>> {
  const imports = record([...hostFunctions].map(([func, index]) => [String(index), functions.make(func)]));
  return new wasm.Instance(guard, { [GUARD_IMPORT]: imports }).exports;
}

function createMemory(initial: number, maximum: number): WasmMemory {
  try {
    return new wasm.Memory({ initial, maximum });
  } catch (cause) {
    throw new PluginError('LIMIT_EXCEEDED', `Cannot reserve ${initial} pages of memory: the machine has no room`, {
      cause,
    });
  }
}

/** An object without a prototype: the names are the guest's. */
function record<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  const made: Record<string, T> = Object.create(null);
  for (const [name, value] of entries) {
    made[name] = value;
  }
  return made;
}

function exportAt(namespaces: readonly Readonly<Record<string, unknown>>[], ref: CoreExport): unknown {
  const namespace = namespaces[ref.instance];
  if (namespace === undefined || !Object.hasOwn(namespace, ref.name)) {
    throw misfit(ref, 'is not there');
  }
  return namespace[ref.name];
}

function exportsOf(namespaces: readonly Readonly<Record<string, unknown>>[]): Exports {
  return {
    memory(ref) {
      const memory = exportAt(namespaces, ref);
      if (!(memory instanceof wasm.Memory)) {
        throw misfit(ref, 'is not a memory');
      }
      return memory;
    },
    func(ref) {
      const func = exportAt(namespaces, ref);
      if (typeof func !== 'function') {
        throw misfit(ref, 'is not a function');
      }
      return func as CoreFunction;
    },
  };
}

function misfit(ref: CoreExport, what: string): PluginError {
  return new PluginError(
    'COMPONENT_MALFORMED',
    `Cannot link the component: the export ${quote(ref.name)} of core instance ${ref.instance} ${what}`,
  );
}

function liftHooks(
  plan: ComponentPlan,
  functions: HostFunctions,
  exports: Exports,
  { messageBytes }: SandboxLimits,
  state: InstanceState,
  afterCall: () => void,
): ReadonlyMap<string, (request: Uint8Array) => CallResult> {
  return new Map(
    [...plan.hooks].map(([hook, lifted]) => {
      const memory = functions.memory(lifted.memory, lifted.realloc);
      memory.link();
      const handle = exports.func(lifted.handle) as (pointer: number, length: number) => number;
      const postReturn = lifted.postReturn && (exports.func(lifted.postReturn) as (area: number) => void);
      return [hook, liftHook({ hook, memory, handle, postReturn, messageBytes, state, afterCall })];
    }),
  );
}

class LiveInstance implements ComponentInstance {
  readonly #state: InstanceState;
  readonly #flush: () => void;
  #hooks: ReadonlyMap<string, (request: Uint8Array) => CallResult>;

  constructor(
    state: InstanceState,
    hooks: ReadonlyMap<string, (request: Uint8Array) => CallResult>,
    flush: () => void,
  ) {
    this.#state = state;
    this.#hooks = hooks;
    this.#flush = flush;
  }

  get failure(): PluginError | undefined {
    return this.#state.failure;
  }

  call(hookId: string, request: Uint8Array): CallResult {
    const hook = this.#hooks.get(hookId);
    if (hook === undefined) {
      this.#state.enterGuest(hookId);
      this.#state.busy = false;
      throw new PluginError('HOOK_MISSING', `Cannot call ${quote(hookId)}: the component does not export it`);
    }
    return hook(request);
  }

  close(): void {
    this.#state.closed = true;
    this.#hooks = new Map();
    if (this.#state.failure === undefined) {
      this.#flush();
    }
  }
}
