/** A link plan and its compiled modules -> one live instance. */
import type { ComponentPlan, CoreExport, CoreRef, HostFunction } from '../component/index.js';
import { PluginError, quote } from '../errors/index.js';
import type { EmbedderImport } from './admit.js';
import { type MemoryBounds, memoryBounds } from './bounds.js';
import { CallBudget } from './call-budget.js';
import { threadDeadline } from './deadline/index.js';
import { GUARD_IMPORT, RESERVE_IMPORT } from './guard.js';
import { type Exports, HostFunctions } from './host-functions.js';
import { hookMissing, liftHook } from './lift.js';
import type { SandboxLimits } from './limits.js';
import type { Meter } from './meter/index.js';
import type { ModuleFacts } from './module-facts.js';
import type { CallOptions, CallResult, ComponentInstance, LinkOptions, Usage } from './options.js';
import type { ModulePositions } from './position/index.js';
import { EPOCH_IMPORT, FUEL_IMPORT, MEMORY_IMPORT, RESERVED_NAMESPACE, TICK_IMPORT } from './reserved.js';
import { stackReserve } from './stack-reserve.js';
import { InstanceState } from './state.js';
import { type CoreFunction, createWasi, type Wasi } from './wasi/index.js';
import { type WasmGlobal, type WasmImports, type WasmMemory, type WasmModule, wasm } from './web-assembly.js';

/** All that instances of one component share; immutable. */
export interface LinkParts {
  readonly plan: ComponentPlan;
  readonly facts: readonly ModuleFacts[];
  readonly embedderImports: readonly EmbedderImport[];
  /** With {@link limits}. */
  readonly memories: MemoryBounds;
  readonly modules: readonly WasmModule[];
  /** Of each module: how to find the source of its code. */
  readonly positions: readonly ModulePositions[];
  /** How its code was metered. */
  readonly meter: Meter;
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
export function instantiate(parts: LinkParts, options: LinkOptions): ComponentInstance {
  const limits = { ...parts.limits, ...options.limits };
  const deadline = parts.meter.deadline === 'none' ? undefined : threadDeadline();
  const budget = new CallBudget(limits, parts.meter, deadline);
  const state = new InstanceState(budget, options.lastWords ?? (() => undefined), parts.positions);
  let wasi: Wasi | undefined;
  const memories: WasmMemory[] = [];
  const namespaces: Readonly<Record<string, unknown>>[] = [];
  const exports = exportsOf(namespaces);
  const functions = new HostFunctions({
    options,
    messageBytes: limits.messageBytes,
    state,
    exports,
    wasi: () => {
      wasi ??= createWasi({
        ...options.wasi,
        sleep: (ms) => (deadline === undefined ? sleep(ms) : deadline.sleep(ms)),
      });
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
  budget.begin(undefined);
  state.busy = true;
  try {
    link(parts, limits, functions, namespaces, memories, {
      fuel: budget.fuelGlobal,
      tick: budget.tick,
      epoch: deadline?.epoch,
    });
    state.settleGuest();
    const hooks = liftHooks(parts.plan, functions, exports, limits, state, flush);
    flush();
    return new LiveInstance(state, hooks, budget, memories, flush);
  } catch (error) {
    throw state.die('Cannot start the component', 'start', error);
  } finally {
    state.leaveGuest();
  }
}

/** What rewritten modules import from the sandbox beside their memory. Those that do not ask for something ignore it. */
interface MeterImports {
  readonly fuel: WasmGlobal | undefined;
  readonly tick: () => number;
  readonly epoch: WasmMemory | undefined;
}

/** Where another thread watches the time, it can end this one while it sleeps. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, ms);
}

function link(
  parts: LinkParts,
  limits: SandboxLimits,
  functions: HostFunctions,
  namespaces: Readonly<Record<string, unknown>>[],
  memories: WasmMemory[],
  meter: MeterImports,
): void {
  const { plan, modules, hostFunctions, guard } = parts;
  const bounds = boundsOf(parts, limits);
  const guarded = guard === undefined ? {} : instantiateGuard(guard, hostFunctions, functions);
  const resolve = (ref: CoreRef): unknown =>
    ref.kind === 'export' ? exportAt(namespaces, ref) : guarded[String(hostFunctions.get(ref))];
  plan.instances.forEach((instance, index) => {
    if (instance.kind === 'exports') {
      namespaces.push(record(instance.exports, resolve));
      return;
    }
    const imports: WasmImports = record(instance.args, (arg) => namespaces[arg]!);
    imports[RESERVED_NAMESPACE] = {
      [EPOCH_IMPORT]: meter.epoch,
      [FUEL_IMPORT]: meter.fuel,
      [TICK_IMPORT]: meter.tick,
      [MEMORY_IMPORT]: ownMemory(bounds.get(index), memories),
    };
    namespaces.push(new wasm.Instance(modules[instance.module]!, imports).exports);
  });
}

function boundsOf({ plan, facts, memories, limits: compiledWith }: LinkParts, limits: SandboxLimits): MemoryBounds {
  const same = limits.memoryBytes === compiledWith.memoryBytes && limits.memories === compiledWith.memories;
  return same ? memories : memoryBounds(plan, facts, limits);
}

function instantiateGuard(
  guard: WasmModule,
  hostFunctions: ReadonlyMap<HostFunction, number>,
  functions: HostFunctions,
): Readonly<Record<string, unknown>> {
  const imports: Record<string, unknown> = { [RESERVE_IMPORT]: stackReserve() };
  for (const [func, index] of hostFunctions) {
    imports[String(index)] = functions.make(func);
  }
  return new wasm.Instance(guard, { [GUARD_IMPORT]: imports }).exports;
}

/** The memory of an instance that defines one; it is added to `memories`. */
function ownMemory(
  bounds: { readonly minimum: number; readonly maximum: number } | undefined,
  memories: WasmMemory[],
): WasmMemory | undefined {
  if (bounds === undefined) {
    return undefined;
  }
  const { minimum: initial, maximum } = bounds;
  try {
    const memory = new wasm.Memory({ initial, maximum });
    memories.push(memory);
    return memory;
  } catch (cause) {
    throw new PluginError('LIMIT_EXCEEDED', `Cannot reserve ${initial} pages of memory: the machine has no room`, {
      cause,
    });
  }
}

/** An object without a prototype: the names are the guest's. */
function record<V, T>(entries: Iterable<readonly [string, V]>, convert: (value: V) => T): Record<string, T> {
  const made: Record<string, T> = Object.create(null);
  for (const [name, value] of entries) {
    made[name] = convert(value);
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
): ReadonlyMap<string, HookCall> {
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

type HookCall = (request: Uint8Array, options?: CallOptions) => CallResult;

class LiveInstance implements ComponentInstance {
  readonly #state: InstanceState;
  readonly #flush: () => void;
  readonly #budget: CallBudget;
  readonly #memories: readonly WasmMemory[];
  #hooks: ReadonlyMap<string, HookCall>;

  constructor(
    state: InstanceState,
    hooks: ReadonlyMap<string, HookCall>,
    budget: CallBudget,
    memories: readonly WasmMemory[],
    flush: () => void,
  ) {
    this.#state = state;
    this.#hooks = hooks;
    this.#budget = budget;
    this.#memories = memories;
    this.#flush = flush;
  }

  get failure(): PluginError | undefined {
    return this.#state.failure;
  }

  call(hookId: string, request: Uint8Array, options?: CallOptions): CallResult {
    const hook = this.#hooks.get(hookId);
    if (hook === undefined) {
      this.#state.checkFree(hookId);
      throw hookMissing(hookId);
    }
    return hook(request, options);
  }

  usage(): Usage {
    return this.#used(this.#budget.fuelUsed(), this.#budget.hostCalls);
  }

  totalUsage(): Usage {
    return this.#used(this.#budget.totalFuelUsed(), this.#budget.totalHostCalls());
  }

  #used(fuel: number | undefined, capabilityCalls: number): Usage {
    const memoryBytes = this.#memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
    return { fuel, cpuMs: undefined, memoryBytes, capabilityCalls };
  }

  close(): void {
    this.#state.closed = true;
    this.#hooks = new Map();
    if (this.#state.failure === undefined) {
      this.#flush();
    }
  }
}
