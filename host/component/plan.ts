/**
 * The link plan: what is left of a component once its types, aliases and nested components are resolved.
 *
 * Flat and ordered: a linker walks `instances` once, and never sees an index space. Core functions that the host must
 * provide are values of {@link HostFunction}, compared by identity: one object is one `canon` definition.
 */

/** Core value types of a flattened signature. Canonical ABI, "Flattening". */
export type CoreType = 'i32' | 'i64' | 'f32' | 'f64';

export interface CoreSignature {
  readonly parameters: readonly CoreType[];
  readonly results: readonly CoreType[];
}

/** An export of an instantiated core module; `instance` counts in {@link ComponentPlan.instances}. */
export interface CoreExport {
  readonly kind: 'export';
  readonly instance: number;
  readonly name: string;
}

/** An imported function, called from the guest: `canon lower`. */
export interface LoweredImport {
  readonly kind: 'lowered';
  /** The interface as the component spells it, with version. */
  readonly interface: string;
  readonly func: string;
  /** Present for every function outside `wasi:`. */
  readonly memory: CoreExport | undefined;
  readonly realloc: CoreExport | undefined;
  readonly signature: CoreSignature;
}

/** `canon resource.drop` of a resource that an imported interface owns. */
export interface ImportedResourceDrop {
  readonly kind: 'drop-imported';
  readonly interface: string;
  readonly resource: string;
  readonly signature: CoreSignature;
}

/** `canon resource.new`, `.rep` or `.drop` of a resource that the component defines itself. */
export interface OwnResourceOperation {
  readonly kind: 'own-resource';
  readonly operation: 'new' | 'rep' | 'drop';
  /** Distinct for each resource type of the component. */
  readonly resource: number;
  readonly destructor: CoreExport | undefined;
  readonly signature: CoreSignature;
}

/** A lowered function of the component itself whose values are all plain numbers: call `target` as it is. */
export interface Relay {
  readonly kind: 'relay';
  readonly target: CoreExport;
  readonly postReturn: CoreExport | undefined;
  readonly signature: CoreSignature;
}

/** A function that links but is not provided: calling it must trap and name it. */
export interface Missing {
  readonly kind: 'missing';
  readonly what: string;
  readonly signature: CoreSignature;
}

export type HostFunction = LoweredImport | ImportedResourceDrop | OwnResourceOperation | Relay | Missing;
export type CoreRef = CoreExport | HostFunction;

export type CoreInstance =
  | {
      readonly kind: 'instantiate';
      /** Index into {@link ComponentPlan.modules}. */
      readonly module: number;
      /** Core instances by the module name that the core module imports from. */
      readonly args: ReadonlyMap<string, number>;
    }
  | { readonly kind: 'exports'; readonly exports: ReadonlyMap<string, CoreRef> };

/** An exported `handle: func(list<u8>) -> result<list<u8>, list<u8>>`, ready to be called at the core level. */
export interface LiftedHook {
  readonly handle: CoreExport;
  readonly memory: CoreExport;
  readonly realloc: CoreExport;
  readonly postReturn: CoreExport | undefined;
}

export interface ComponentPlan {
  /** Core modules: views onto the component's bytes, not copies. */
  readonly modules: readonly Uint8Array[];
  /** Imported interface ids as written, in order. */
  readonly imports: readonly string[];
  /** Exported interface ids as written, in order; those that are no hooks included. */
  readonly exports: readonly string[];
  /** In instantiation order: an entry refers to earlier ones only. */
  readonly instances: readonly CoreInstance[];
  /** By full interface id. */
  readonly hooks: ReadonlyMap<string, LiftedHook>;
}
