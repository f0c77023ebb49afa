import { decode } from "./decode";

@hook("acme:trap/trap@1.0.0")
export function trap(request: Uint8Array): Uint8Array {
  const kind = String.UTF8.decode(request.buffer);
  // Two calls, so that the compiler leaves it a function.
  request[0] = <u8>decode(kind, request.length);
  request[1] = <u8>decode(kind, request.length + 1);
  return request;
}
