// `console` and `trace` of ordinary AssemblyScript, as lines of the host's log. `compile` puts them in place of the standard
// library's, whose imports from `env` no component can have.
import { logLine } from "./log-line";
import { monotonicNanoseconds } from "./clock";

// @ts-ignore: decorator
@lazy const timers = new Map<string, i64>();

// @ts-ignore: decorator
@global
export namespace wasm_plugin_console {
  export function assert<T>(condition: T, message: string = ""): void {
    if (!condition) logLine("error", "Assertion failed: " + message);
  }

  export function log(message: string = ""): void {
    logLine("info", message);
  }

  export function debug(message: string = ""): void {
    logLine("debug", message);
  }

  export function info(message: string = ""): void {
    logLine("info", message);
  }

  export function warn(message: string = ""): void {
    logLine("warn", message);
  }

  export function error(message: string = ""): void {
    logLine("error", message);
  }

  export function time(label: string = "default"): void {
    if (timers.has(label)) logLine("warn", "Timer '" + label + "' already exists");
    else timers.set(label, monotonicNanoseconds());
  }

  export function timeLog(label: string = "default"): void {
    if (!timers.has(label)) logLine("warn", "There is no timer '" + label + "'");
    else logLine("info", label + ": " + ((monotonicNanoseconds() - timers.get(label)) / 1_000_000).toString() + "ms");
  }

  export function timeEnd(label: string = "default"): void {
    timeLog(label);
    timers.delete(label);
  }
}

// @ts-ignore: decorator
@global
export function wasm_plugin_trace(
  message: string,
  n: i32 = 0,
  a0: f64 = 0,
  a1: f64 = 0,
  a2: f64 = 0,
  a3: f64 = 0,
  a4: f64 = 0,
): void {
  let line = "trace: " + message;
  const values: StaticArray<f64> = [a0, a1, a2, a3, a4];
  for (let i = 0; i < min(n, 5); ++i) line += (i == 0 ? " " : ", ") + values[i].toString();
  logLine("debug", line);
}
