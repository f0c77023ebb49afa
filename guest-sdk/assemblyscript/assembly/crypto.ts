// `crypto.getRandomValues`, and the seed of `Math.random`, on the random capability.
import { randomBytes } from "./random";

// @ts-ignore: decorator
@global
export namespace wasm_plugin_crypto {
  export function getRandomValues(array: Uint8Array): void {
    array.set(randomBytes(array.length));
  }
}

// @ts-ignore: decorator
@global
export function wasm_plugin_seed(): f64 {
  // Any bits do, but not those of zero: Math.random asks again until it gets others.
  return reinterpret<f64>(load<u64>(randomBytes(8).dataStart) | 1);
}
