/**
 * A component's core modules, linked by hand in the plan's order with host functions that do nothing: what instantiating them costs
 * at least, and a way to run modules that were rewritten, or were not.
 */
import type { ComponentPlan, CoreExport, CoreRef, HostFunction } from '../../host/component/index.js';
import { type CoreFunction, type Imports, type Namespace, type WasmModule, wasm } from './web-assembly.js';

/** Imports that a module needs besides those of the plan, by module name. */
export type Added = (module: number) => Imports;

const POINTER_AT = 4;
const LENGTH_AT = 8;

/**
 * Instantiate the core modules of a component.
 *
 * @param modules - compiled, in the order of the plan's.
 * @returns the exports of each of the plan's instances.
 */
export function linkBare(plan: ComponentPlan, modules: readonly WasmModule[], added?: Added): Namespace[] {
  const namespaces: Namespace[] = [];
  const resolve = (ref: CoreRef): unknown =>
    ref.kind === 'export' ? namespaces[ref.instance]![ref.name] : idle(ref, namespaces);
  for (const instance of plan.instances) {
    if (instance.kind === 'exports') {
      const record: Record<string, unknown> = {};
      for (const [name, ref] of instance.exports) {
        record[name] = resolve(ref);
      }
      namespaces.push(record);
    } else {
      const imports: Imports = added === undefined ? {} : { ...added(instance.module) };
      for (const [name, arg] of instance.args) {
        imports[name] = namespaces[arg]!;
      }
      namespaces.push(new wasm.Instance(modules[instance.module]!, imports).exports);
    }
  }
  return namespaces;
}

/** Call a hook of what {@link linkBare} made. Checks nothing: the guest is ours, and so is its answer. */
export function bareHook(
  plan: ComponentPlan,
  namespaces: readonly Namespace[],
  hookId: string,
): (request: Uint8Array) => Uint8Array {
  const hook = plan.hooks.get(hookId)!;
  const exportOf = (ref: CoreExport): unknown => namespaces[ref.instance]![ref.name];
  const handle = exportOf(hook.handle) as (pointer: number, length: number) => number;
  const realloc = exportOf(hook.realloc) as (old: number, oldSize: number, align: number, size: number) => number;
  const post = hook.postReturn && (exportOf(hook.postReturn) as (area: number) => void);
  const memory = exportOf(hook.memory) as { readonly buffer: ArrayBuffer };
  return (request) => {
    const pointer = realloc(0, 0, 1, request.byteLength);
    new Uint8Array(memory.buffer).set(request, pointer);
    const area = handle(pointer, request.byteLength);
    const view = new DataView(memory.buffer);
    const start = view.getUint32(area + POINTER_AT, true);
    const answer = new Uint8Array(memory.buffer).slice(start, start + view.getUint32(area + LENGTH_AT, true));
    post?.(area);
    return answer;
  };
}

/** Handles of the component's own resources are what it stores in them, which is all that its tables of them have to know. */
function idle(func: HostFunction, namespaces: readonly Namespace[]): CoreFunction {
  switch (func.kind) {
    case 'relay':
      return (...args) => (namespaces[func.target.instance]![func.target.name] as CoreFunction)(...args);
    case 'own-resource':
      return (value) => (func.operation === 'drop' ? undefined : value);
    default: {
      const [result] = func.signature.results;
      return () => (result === undefined ? undefined : result === 'i64' ? 0n : 0);
    }
  }
}
