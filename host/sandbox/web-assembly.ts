/** The part of the WebAssembly JavaScript API that the sandbox uses: Node's types leave it out without the DOM's. */

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** A compiled core module: opaque. */
export interface WasmModule {
  readonly __wasmModule?: never;
}

export interface WasmInstance {
  /** Frozen, without a prototype. */
  readonly exports: Readonly<Record<string, unknown>>;
}

/** Functions, memories, tables and globals by module name and name. */
export type WasmImports = Record<string, Record<string, unknown>>;

interface WebAssemblyApi {
  readonly Memory: new (type: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: WasmImports) => WasmInstance;
  readonly CompileError: new (message?: string) => Error;
  readonly LinkError: new (message?: string) => Error;
  readonly RuntimeError: new (message?: string) => Error;
  readonly Exception: new (tag: never, payload: never) => object;
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
}

export const wasm = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
