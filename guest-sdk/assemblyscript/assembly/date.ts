// `Date` and `performance` of ordinary AssemblyScript, on the clock capability.
import { monotonicNanoseconds, wallNanoseconds } from "./clock";
import { Date } from "date";

// @ts-ignore: decorator
@global
export class wasm_plugin_Date extends Date {
  static now(): i64 {
    return wallNanoseconds() / 1_000_000;
  }
}

// @ts-ignore: decorator
@global
export namespace wasm_plugin_performance {
  export function now(): f64 {
    return <f64>monotonicNanoseconds() / 1e6;
  }
}
