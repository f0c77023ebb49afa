// Bits of the image, lowest first, as DEFLATE reads them.
import { image, lastError } from "@wasm-plugin/assemblyscript";
import { problem } from "./problem";

const ROOM: i32 = 1 << 18;
/** What one load takes; as much as that may be read behind the end before `overrun` is seen, so twice that is there, zero. */
const LOAD: i32 = 8;

export class Bits {
  private buffer: Uint8Array = new Uint8Array(ROOM + 2 * LOAD);
  private at: usize = 0;
  private end: usize = 0;
  private offset: i64 = 0;
  private ended: bool = false;
  /** Those that were loaded and not used, lowest first, and how many. What is above them is undefined. */
  bits: u64 = 0;
  count: i32 = 0;

  /** Have at least 56 bits there; past the end of the image they are zero, see `overrun`. */
  // @ts-ignore: decorator
  @inline fill(): void {
    if (this.at + LOAD > this.end) this.nearEnd();
    this.bits |= load<u64>(this.at) << this.count;
    this.at += (63 - this.count) >> 3;
    this.count |= 56;
  }

  /** Use bits that are there. @param size - at most 32. */
  // @ts-ignore: decorator
  @inline take(size: i32): u32 {
    const value = <u32>(this.bits & ((<u64>1 << size) - 1));
    this.drop(size);
    return value;
  }

  // @ts-ignore: decorator
  @inline drop(size: i32): void {
    this.bits >>= size;
    this.count -= size;
  }

  /** Whether more was used than there is. */
  // @ts-ignore: decorator
  @inline get overrun(): bool {
    return this.at - (this.count >> 3) > this.end;
  }

  /** Whether nothing is left, at a byte's border. */
  get atEnd(): bool {
    this.fill();
    return this.at - (this.count >> 3) >= this.end;
  }

  /** Go to the next byte. */
  align(): void {
    this.drop(this.count & 7);
  }

  /** Copy whole bytes, at a byte's border. @returns how many, fewer only at the end of the image. */
  copy(to: usize, size: i32): i32 {
    let done = 0;
    for (; done < size && this.count >= 8; ++done) {
      if (this.overrun) return 0;
      store<u8>(to + done, <u8>this.take(8));
    }
    if (done < size) {
      this.bits = 0;
      this.count = 0;
    }
    while (done < size) {
      if (this.at >= this.end) {
        if (this.ended) break;
        this.refill();
        continue;
      }
      const part = min<i32>(size - done, <i32>(this.end - this.at));
      memory.copy(to + done, this.at, part);
      this.at += part;
      done += part;
    }
    return done;
  }

  private nearEnd(): void {
    if (!this.ended) this.refill();
    else if (this.at > this.end + LOAD) this.at = this.end + LOAD;
  }

  private refill(): void {
    const start = this.buffer.dataStart;
    const left = this.end > this.at ? <i32>(this.end - this.at) : 0;
    memory.copy(start, this.at, left);
    const count = image.readInto(this.offset, this.buffer.subarray(left, ROOM));
    if (count < 0) problem(lastError()!.message);
    if (count <= 0) this.ended = true;
    const got = max(0, count);
    this.offset += got;
    this.at = start;
    this.end = start + left + got;
    memory.fill(this.end, 0, 2 * LOAD);
  }
}
