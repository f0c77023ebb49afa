// The archive as a stream of bytes, whatever it is wrapped in.
import { image, lastError } from "@wasm-plugin/assemblyscript";
import { problem } from "./problem";

/** What is asked of the image at once: large enough that the call itself costs nothing beside it. */
export const ROOM: i32 = 1 << 20;

/** A window onto the stream: bytes from `at` to `end` of the buffer have come and are not used yet. */
export abstract class Source {
  protected buffer: Uint8Array;
  protected at: i32 = 0;
  protected end: i32 = 0;

  /** @param history - how many bytes before `end` must stay where `refill` can see them. */
  constructor(private history: i32) {
    this.buffer = new Uint8Array(ROOM + history);
  }

  /** Add bytes at `end`, where there is room. False when there are no more, or after a problem. */
  protected abstract refill(): bool;

  /** Have at least `size` bytes there, at most half of the window. False when the stream ends before. */
  need(size: i32): bool {
    while (this.end - this.at < size) {
      this.makeRoom();
      if (!this.refill()) return false;
    }
    return true;
  }

  /** Whether another byte comes. */
  hasMore(): bool {
    return this.need(1);
  }

  /** Use `size` bytes that are there. The view is good until the next call. */
  take(size: i32): Uint8Array {
    const view = this.buffer.subarray(this.at, this.at + size);
    this.at += size;
    return view;
  }

  /** How many bytes are there now. */
  get available(): i32 {
    return this.end - this.at;
  }

  skip(size: i64): bool {
    let left = size;
    while (left > 0) {
      if (!this.need(1)) return problem("the archive ends too early");
      const part = <i32>min<i64>(left, this.available);
      this.at += part;
      left -= part;
    }
    return true;
  }

  private makeRoom(): void {
    // Moving costs, so only when most of the window is behind us.
    if (this.end < this.buffer.length - (ROOM >> 1)) return;
    const from = max(0, min(this.at, this.end - this.history));
    memory.copy(this.buffer.dataStart, this.buffer.dataStart + from, this.end - from);
    this.at -= from;
    this.end -= from;
  }
}

/** The bytes of the image themselves. */
export class PlainSource extends Source {
  private offset: i64 = 0;

  constructor() {
    super(0);
  }

  protected refill(): bool {
    const count = image.readInto(this.offset, this.buffer.subarray(this.end));
    if (count < 0) return problem(lastError()!.message);
    this.offset += count;
    this.end += count;
    return count > 0;
  }
}
