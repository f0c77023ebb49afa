// The echo program without WASI, with one capability: see ../README.md.
import { afterAnswer, allocate, echo, release, startsWith } from "./hook";

const LOG = "log:";

// @ts-ignore: decorator
@external("wasm-plugin:host/log@1.0.0", "call")
declare function log(ptr: usize, len: usize, resultPtr: usize): void;

/** Where the host writes a capability's answer, laid out as a hook's own. It can be passed on as it is. */
const logResult = memory.data(12, 4);

export function handle(ptr: usize, len: usize): usize {
  if (!startsWith(ptr, len, LOG)) return echo(ptr, len);
  log(ptr + LOG.length, len - LOG.length, logResult);
  release(ptr);
  return logResult;
}

export function postHandle(area: usize): void {
  afterAnswer(area);
}

export function realloc(old: usize, oldSize: usize, align: usize, newSize: usize): usize {
  return allocate(old, oldSize, align, newSize);
}

// The standard abort is an import that no component has.
// @ts-ignore: decorator
@global
function trapOnAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}
