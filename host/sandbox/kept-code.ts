/**
 * Rewritten code as bytes, to keep it from one process for the next: rewriting is most of what the first load of a plugin takes
 * (docs/benchmarks.md, "Containers").
 *
 *   for each core module: length of the code, number of stretches of its offset map (u32 each), starts (i32 …), origins (i32 …), code
 *
 * all little-endian.
 */
import { OffsetMap, type RewrittenModule } from './meter/index.js';

/**
 * Where rewritten code is kept between processes.
 *
 * Whoever can write there can take the deadlines out of plugins' code, so nobody but the owner of the plugins themselves may be able to.
 */
export interface CodeStore {
  /**
   * Must not throw.
   *
   * @param key - 64 hexadecimal digits: of the component, the limits in its code, and the way in which code is rewritten.
   * @returns exactly what was kept under it, or undefined: damaged bytes must have been noticed.
   */
  read(key: string): Uint8Array | undefined;
  /** Keep bytes, or not. Must not throw. @param bytes - not changed afterwards. */
  keep(key: string, bytes: Uint8Array): void;
}

const COUNTS_BYTES = 8;
const I32_BYTES = 4;

/** @returns bytes that the caller owns. */
export function encodeKept(modules: readonly RewrittenModule[]): Uint8Array {
  return Buffer.concat(
    modules.flatMap(({ bytes, origins: { starts, origins } }) => {
      const head = Buffer.alloc(COUNTS_BYTES + (starts.length + origins.length) * I32_BYTES);
      let at = head.writeUInt32LE(bytes.byteLength);
      at = head.writeUInt32LE(starts.length, at);
      for (const value of [...starts, ...origins]) at = head.writeInt32LE(value, at);
      return [head, bytes];
    }),
  );
}

/**
 * Read what {@link encodeKept} wrote.
 *
 * @returns the modules; their code is a view onto `kept`. Undefined if it is something else than `count` modules.
 */
export function decodeKept(kept: Uint8Array, count: number): RewrittenModule[] | undefined {
  const view = new DataView(kept.buffer, kept.byteOffset, kept.byteLength);
  const modules: RewrittenModule[] = [];
  let at = 0;
  const ints = (length: number): Int32Array => {
    const values = new Int32Array(length);
    for (let i = 0; i < length; i++, at += I32_BYTES) values[i] = view.getInt32(at, true);
    return values;
  };
  while (at + COUNTS_BYTES <= kept.byteLength) {
    const length = view.getUint32(at, true);
    const stretches = view.getUint32(at + I32_BYTES, true);
    at += COUNTS_BYTES;
    if (at + 2 * stretches * I32_BYTES + length > kept.byteLength) return undefined;
    const origins = new OffsetMap(ints(stretches), ints(stretches));
    modules.push({ bytes: kept.subarray(at, at + length), origins });
    at += length;
  }
  return at === kept.byteLength && modules.length === count ? modules : undefined;
}
