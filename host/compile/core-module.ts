/** What a core module imports and exports, as V8 reads it. */

export interface CoreInterface {
  readonly imports: readonly { readonly module: string; readonly name: string }[];
  readonly exports: readonly string[];
}

/** The part of Node's `WebAssembly` that is used; only the DOM's type library declares it. */
interface WebAssemblyApi {
  readonly Module: {
    new (bytes: Uint8Array): object;
    imports(module: object): { module: string; name: string }[];
    exports(module: object): { name: string }[];
  };
}

/** @param core - a valid core module; the compiler that wrote it has checked that. */
export function readCoreInterface(core: Uint8Array): CoreInterface {
  const { Module } = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyApi;
  const module = new Module(core);
  return { imports: Module.imports(module), exports: Module.exports(module).map(({ name }) => name) };
}
