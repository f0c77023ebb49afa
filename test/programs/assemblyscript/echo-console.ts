// The echo program with console.log, which @assemblyscript/wasi-shim turns into WASI: see ../README.md.
import { afterAnswer, allocate, echo } from "./hook";

export function handle(ptr: usize, len: usize): usize {
  console.log("got " + len.toString() + " bytes");
  return echo(ptr, len);
}

export function postHandle(area: usize): void {
  afterAnswer(area);
}

export function realloc(old: usize, oldSize: usize, align: usize, newSize: usize): usize {
  return allocate(old, oldSize, align, newSize);
}
