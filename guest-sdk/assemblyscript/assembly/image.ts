// The image capability: bytes of the image that `imageDriver` is asked about, while it is asked.
import { answerAddress, dropPayload } from "./answer-area";
import { peekAnswer, takeAnswer, wellFormed } from "./capability";
import { ImageRequest, ImageResponse } from "./messages.generated";
import { Writer } from "./writer";

// @ts-ignore: decorator
@external("wasm-plugin:host/image@1.0.0", "call")
declare function call(ptr: usize, len: usize, answer: usize): void;

/** What returns null or -1 was refused or failed: `lastError()` says why. */
export namespace image {
  /** In bytes, or -1. */
  export function size(): i64 {
    ask(0, 0);
    const reader = takeAnswer();
    if (reader === null) return -1;
    const response = ImageResponse.decode(reader);
    return wellFormed(reader) ? response.size : -1;
  }

  /** At most `length` bytes from `offset`; fewer at the end of the image, and never more than one message holds. */
  export function read(offset: i64, length: i32): Uint8Array | null {
    ask(offset, length);
    const reader = takeAnswer();
    if (reader === null) return null;
    const response = ImageResponse.decode(reader);
    return wellFormed(reader) ? response.data : null;
  }

  /**
   * Fill `target` from `offset` on, in as few copies as there can be.
   *
   * @returns how many bytes were read, fewer than its length only at the end of the image; -1 if the host refused.
   */
  export function readInto(offset: i64, target: Uint8Array): i32 {
    let done = 0;
    while (done < target.length) {
      const count = readPart(offset + done, target.dataStart + done, target.length - done);
      if (count < 0) return -1;
      if (count == 0) break;
      done += count;
    }
    return done;
  }
}

/** @returns how many bytes are at `to` now, -1 if the host refused. */
function readPart(offset: i64, to: usize, length: i32): i32 {
  ask(offset, length);
  const reader = peekAnswer();
  if (reader === null) return -1;
  let count = 0;
  for (let fields = reader.readMapHeader(); fields > 0; --fields) {
    if (reader.readStrIs("data")) count = reader.readBinInto(to, length);
    else reader.skip();
  }
  const read = wellFormed(reader) ? count : -1;
  dropPayload();
  return read;
}

function ask(offset: i64, length: i32): void {
  const request = new ImageRequest();
  request.offset = offset;
  request.length = length;
  const writer = new Writer();
  request.encode(writer);
  call(writer.dataStart, writer.length, answerAddress());
}
