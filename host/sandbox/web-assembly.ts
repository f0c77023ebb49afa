/** The part of the WebAssembly JavaScript API that the sandbox uses: Node's types leave it out without the DOM's. */

export interface WasmMemory {
  /** A SharedArrayBuffer of a shared memory. */
  readonly buffer: ArrayBuffer;
}

/** A global of type i64. */
export interface WasmGlobal {
  value: bigint;
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
  readonly Memory: new (type: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared?: boolean;
  }) => WasmMemory;
  readonly Global: new (type: { readonly value: 'i64'; readonly mutable: boolean }, value: bigint) => WasmGlobal;
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
