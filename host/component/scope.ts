/**
 * Index spaces of one component, component type or instance type while it is read.
 *
 * A scope knows the one around it, for `alias outer`. Items are resolved values, so an alias costs one array entry.
 */
import type { CoreExport, CoreRef } from './plan.js';
import type { Reader } from './reader.js';
import type { FuncType, ResourceType, ValueType } from './types.js';

/** A function in a component's function space, with all that lowering or exporting it needs. */
export type Func =
  | { readonly kind: 'imported'; readonly interface: string; readonly name: string; readonly type: FuncType }
  | {
      readonly kind: 'lifted';
      readonly type: FuncType;
      readonly core: CoreRef;
      readonly memory: CoreExport | undefined;
      readonly realloc: CoreExport | undefined;
      readonly postReturn: CoreExport | undefined;
    }
  /** Declared by a type only: no component was ever given one. */
  | { readonly kind: 'declared'; readonly type: FuncType };

/** Declarations of an instance or component type: read anew wherever the type is used, for each use has resources of its own. */
export interface DeclaredType {
  readonly kind: 'instance' | 'component';
  readonly declarations: Reader;
  readonly scope: Scope;
}

export type Type = ValueType | FuncType | ResourceType | DeclaredType;

/** A component that waits to be instantiated: its bytes, and the scope that its outer aliases reach. */
export interface Component {
  readonly body: Reader;
  readonly scope: Scope;
}

export interface Instance {
  readonly exports: ReadonlyMap<string, Item>;
}

/** Anything that has a name in an instance, or is given to an instantiation. */
export type Item =
  | { readonly sort: 'func'; readonly value: Func }
  | { readonly sort: 'type'; readonly value: Type }
  | { readonly sort: 'instance'; readonly value: Instance }
  | { readonly sort: 'component'; readonly value: Component }
  | { readonly sort: 'module'; readonly value: number };

export class Scope {
  readonly parent: Scope | undefined;
  readonly coreModules: number[] = [];
  /** Indices into the plan's instances. */
  readonly coreInstances: number[] = [];
  readonly coreFuncs: CoreRef[] = [];
  readonly coreTables: CoreRef[] = [];
  readonly coreMemories: CoreRef[] = [];
  readonly coreGlobals: CoreRef[] = [];
  readonly coreTags: CoreRef[] = [];
  readonly types: Type[] = [];
  readonly funcs: Func[] = [];
  readonly instances: Instance[] = [];
  readonly components: Component[] = [];

  constructor(parent?: Scope) {
    this.parent = parent;
  }

  /** Give `item` the next index of its space. */
  add(item: Item): void {
    switch (item.sort) {
      case 'func':
        this.funcs.push(item.value);
        break;
      case 'type':
        this.types.push(item.value);
        break;
      case 'instance':
        this.instances.push(item.value);
        break;
      case 'component':
        this.components.push(item.value);
        break;
      case 'module':
        this.coreModules.push(item.value);
        break;
    }
  }
}
