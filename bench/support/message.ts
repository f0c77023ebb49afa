import { encode } from '../../host/abi/index.js';
import { bin, struct } from '../../host/index.js';

/** The schema of the message that every contender carries: one field of bytes. */
export const messageSchema = struct({ data: bin });

/** One message as bytes and as the value that they stand for. Each owns its whole buffer. */
export interface Message {
  readonly bytes: Uint8Array;
  readonly value: { readonly data: Uint8Array };
}

/** Make a message of exactly `size` bytes, so that typed and raw rows move the same number of bytes. */
export function messageOf(size: number): Message {
  const overhead = encode(messageSchema, { data: new Uint8Array(size) }).byteLength - size;
  const data = Uint8Array.from({ length: size - overhead }, (_, i) => i * 7);
  const bytes = encode(messageSchema, { data });
  if (bytes.byteLength !== size) {
    throw new RangeError(`No message has exactly ${size} bytes`);
  }
  return { bytes, value: { data } };
}
