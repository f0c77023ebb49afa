/** The part of the WebAssembly JavaScript API that the benchmarks use by hand; Node's types leave it out without the DOM's. */

export interface WasmModule {
  readonly __wasmModule?: never;
}

/** What an instance exports. */
export type Namespace = Readonly<Record<string, unknown>>;
export type Imports = Record<string, Record<string, unknown>>;
export type CoreFunction = (...args: (number | bigint)[]) => number | bigint | undefined;

interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: Imports) => { readonly exports: Namespace };
  readonly Memory: new (type: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared?: boolean;
  }) => {
    readonly buffer: ArrayBuffer;
  };
  readonly Global: new (
    type: { readonly value: 'i64'; readonly mutable: boolean },
    value: bigint,
  ) => {
    value: bigint;
  };
  validate(bytes: Uint8Array): boolean;
}

export const wasm = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
