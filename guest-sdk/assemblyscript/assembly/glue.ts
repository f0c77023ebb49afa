// What the source that `compile` generates around an author's hooks is made of; authors never import this.
//
// For each hook it has one function of the core ABI:
//
//   export function hook0(ptr: usize, len: usize): usize {
//     const reader = openRequest(ptr, len);
//     const request = EngineConfigRequest.decode(reader);
//     if (!closeRequest(reader, ptr)) return sendFailure();
//     const response = engineConfig(request);
//     if (hasFailed()) return sendFailure();
//     const writer = new Writer();
//     response.encode(writer);
//     return sendResponse(writer);
//   }
import { respond, respondBytes } from "./cabi";
import { fail, takeFailure } from "./failure";
import { Reader } from "./reader";
import { Writer } from "./writer";

export { cabi_realloc, postReturn } from "./cabi";
export { hasFailed } from "./failure";
export { Writer } from "./writer";
export { Value } from "./value";

/** Read the `len` bytes that the host left at `ptr`. Whatever is decoded is a copy. */
export function openRequest(ptr: usize, len: usize): Reader {
  return new Reader(ptr, ptr + len);
}

/** Give the request's bytes back. Returns false, with a failure noted, when they were not one well-formed message. */
export function closeRequest(reader: Reader, ptr: usize): bool {
  const done = reader.done;
  release(ptr);
  if (!done) fail("malformed", "Cannot read the request: it is not the message that this hook takes");
  return done;
}

/** The request of a hook without schema: its bytes as they are. */
export function takeBytes(ptr: usize, len: usize): Uint8Array {
  const bytes = new Uint8Array(<i32>len);
  memory.copy(bytes.dataStart, ptr, len);
  release(ptr);
  return bytes;
}

export function sendResponse(writer: Writer): usize {
  return respond(false, writer);
}

export function sendFailure(): usize {
  const writer = new Writer();
  takeFailure(writer);
  return respond(true, writer);
}

/** The response of a hook without schema. */
export function sendBytes(bytes: Uint8Array): usize {
  return respondBytes(bytes);
}

/** The response of a hook that returns nothing: a message without fields. */
export function sendEmpty(): usize {
  const writer = new Writer();
  writer.writeMapHeader(0);
  return respond(false, writer);
}

function release(ptr: usize): void {
  // A host may pass any address for no bytes at all, but an address below the heap was never allocated.
  if (ptr >= __heap_base) heap.free(ptr);
}
