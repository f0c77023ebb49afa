/** What stands behind each function that the component expects from its host. Called through the guard (guard.ts). */
import { type CoreExport, type HostFunction, type LoweredImport, parseInterfaceId } from '../component/index.js';
import { escapeControls, PluginError, quote } from '../errors/index.js';
import { LinkedMemory, type Realloc } from './guest-memory.js';
import { lowerCapability } from './lower.js';
import type { Capability, LinkOptions } from './options.js';
import { OwnResources } from './own-resources.js';
import type { InstanceState } from './state.js';
import type { CoreFunction, Wasi } from './wasi/index.js';
import type { WasmMemory } from './web-assembly.js';

const HOST_PACKAGE = 'wasm-plugin:host/';
const WASI = 'wasi:';
const SERVED_MAJOR = 1;

/** How an instance under construction finds what a plan refers to. */
export interface Exports {
  memory(ref: CoreExport): WasmMemory;
  func(ref: CoreExport): (...args: (number | bigint)[]) => number | bigint | undefined;
}

export interface HostFunctionParts {
  readonly options: LinkOptions;
  readonly messageBytes: number;
  readonly state: InstanceState;
  readonly exports: Exports;
  readonly wasi: () => Wasi;
}

/** Makes the host functions of one instance; memories that several of them use are shared. */
export class HostFunctions {
  readonly #parts: HostFunctionParts;
  readonly #resources = new OwnResources();
  readonly #memories = new Map<string, LinkedMemory>();

  constructor(parts: HostFunctionParts) {
    this.#parts = parts;
  }

  /** The memory and allocator of a canonical definition; either may be absent if nothing needs it. */
  memory(memory: CoreExport | undefined, realloc: CoreExport | undefined): LinkedMemory {
    const key = JSON.stringify([memory?.instance, memory?.name, realloc?.instance, realloc?.name]);
    let linked = this.#memories.get(key);
    if (linked === undefined) {
      const { exports, state } = this.#parts;
      linked = new LinkedMemory(
        state,
        () => exports.memory(present(memory, 'memory')),
        () => exports.func(present(realloc, 'realloc')) as Realloc,
      );
      this.#memories.set(key, linked);
    }
    return linked;
  }

  /** What stands behind one function. All but capabilities are made on their first call: most instances never use most of them. */
  make(func: HostFunction): CoreFunction {
    if (func.kind === 'lowered' && !func.interface.startsWith(WASI)) {
      return this.#capabilityCall(func);
    }
    let made: CoreFunction | undefined;
    return (...args) => {
      made ??= this.#make(func);
      return made(...args);
    };
  }

  #make(func: HostFunction): CoreFunction {
    switch (func.kind) {
      case 'lowered':
        return this.#wasi(func);
      case 'drop-imported':
        return this.#dropImported(func.interface, func.resource);
      case 'own-resource':
        return this.#ownResource(func.operation, func.resource, func.destructor);
      case 'relay':
        return this.#relay(func.target, func.postReturn);
      case 'missing':
        return this.#missing(func.what);
    }
  }

  #capabilityCall(func: LoweredImport): CoreFunction {
    const memory = this.memory(func.memory, func.realloc);
    const { state, messageBytes } = this.#parts;
    const capability = this.#capability(func.interface);
    // The guard's types make the arguments three numbers.
    return lowerCapability({ name: func.interface, capability, memory, messageBytes, state }) as CoreFunction;
  }

  #wasi(func: LoweredImport): CoreFunction {
    const iface = parseInterfaceId(func.interface)?.name ?? func.interface;
    const name = escapeControls(`${iface}#${func.func}`);
    const lowering = this.#parts.wasi().lower(iface, func.func);
    if (lowering === undefined) {
      return this.#missing(name);
    }
    return this.#reported(name, lowering(this.memory(func.memory, func.realloc)));
  }

  #capability(id: string): Capability {
    const { options } = this.#parts;
    const parsed = parseInterfaceId(id);
    const name = parsed?.name ?? id;
    const served = !name.startsWith(HOST_PACKAGE) || parsed?.major === SERVED_MAJOR;
    const capability = served ? options.capabilities.get(name, id) : undefined;
    if (capability !== undefined) {
      return capability;
    }
    let payload: Uint8Array | undefined;
    return () => {
      payload ??= options.missing(served ? name : id);
      return { ok: false, payload };
    };
  }

  #dropImported(id: string, resource: string): CoreFunction {
    const iface = parseInterfaceId(id)?.name ?? id;
    const drop = this.#parts.wasi().dropResource(iface, resource);
    return this.#reported(escapeControls(`${iface}#[resource-drop]${resource}`), (handle) => {
      drop(Number(handle) >>> 0);
      return undefined;
    });
  }

  #ownResource(operation: 'new' | 'rep' | 'drop', resource: number, destructor: CoreExport | undefined): CoreFunction {
    const resources = this.#resources;
    const name = `resource.${operation}`;
    switch (operation) {
      case 'new':
        return this.#reported(name, (rep) => resources.create(resource, Number(rep)));
      case 'rep':
        // Canonical ABI, `canon resource.rep`: the only one that does not ask for `may_leave`.
        return this.#blamed(name, (handle) => resources.rep(resource, Number(handle)));
      case 'drop':
        return this.#reported(name, (handle) => {
          const rep = resources.drop(resource, Number(handle));
          if (destructor !== undefined) {
            this.#parts.exports.func(destructor)(rep);
          }
          return undefined;
        });
    }
  }

  #relay(target: CoreExport, postReturn: CoreExport | undefined): CoreFunction {
    const { exports } = this.#parts;
    return this.#reported(`a call to ${quote(target.name)}`, (...args) => {
      const value = exports.func(target)(...args);
      if (postReturn !== undefined) {
        exports.func(postReturn)(...(value === undefined ? [] : [value]));
      }
      return value;
    });
  }

  #missing(what: string): CoreFunction {
    return this.#reported(what, () => {
      throw new PluginError('GUEST_TRAP', `Cannot call ${what}: this host does not provide it`);
    });
  }

  /** A function that leaves the guest. */
  #reported(name: string, func: CoreFunction): CoreFunction {
    const { state } = this.#parts;
    return this.#blamed(name, (...args) => {
      state.enterHost(name);
      return func(...args);
    });
  }

  /** A function whose name goes with what it throws. */
  #blamed(name: string, func: CoreFunction): CoreFunction {
    const { state } = this.#parts;
    return (...args) => {
      try {
        return func(...args);
      } catch (error) {
        throw state.hostThrew(error, name);
      }
    };
  }
}

function present(ref: CoreExport | undefined, option: string): CoreExport {
  if (ref === undefined) {
    throw new PluginError(
      'COMPONENT_MALFORMED',
      `Cannot pass a value: the function was lowered without the option ${option}`,
    );
  }
  return ref;
}
