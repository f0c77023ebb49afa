import { readSync } from 'node:fs';
import { capabilities, decode, encode } from '../abi/index.js';
import type { SyncCapability } from '../sandbox/index.js';
import { Refusal } from './answer.js';
import { rawCapability } from './define.js';

/** An image that is open for reading. */
export interface OpenImageFile {
  /** Descriptor of a regular file; its owner closes it. Undefined for an image that is a folder, which has no bytes of its own. */
  readonly file: number | undefined;
  /** In bytes. */
  readonly size: number;
}

/** Room for all of a message but the data. */
const ENVELOPE_BYTES = 64;
const EMPTY = new Uint8Array(0);
/** What msgpack writes for bytes with a length of 32 bits, and how long that and the length are. */
const BIN32 = 0xc6;
const BIN32_BYTES = 5;
/** And for no bytes, at the end of an answer without data. */
const NO_BIN_BYTES = 2;

/**
 * `wasm-plugin:host/image`: any part of the image.
 *
 * Gigabytes pass through here, so the answer is put together around the bytes that are read into it: nothing is copied on the way.
 *
 * @param current - the image of the call that is going on; undefined outside of one.
 * @param messageBytes - the most that one answer may have.
 */
export function imageCapability(current: () => OpenImageFile | undefined, messageBytes: number): SyncCapability {
  // Whoever gets the answer copies it before the next question.
  let room = new Uint8Array(0);
  return rawCapability((bytes) => {
    const image = current();
    if (image === undefined) {
      throw new Refusal('denied', 'Cannot read an image: only an image-driver may, while it is asked about one');
    }
    const { offset, length } = decode(capabilities.image.request, bytes);
    if (offset < 0 || length < 0) {
      throw new Refusal('invalid', `Cannot read ${length} bytes of the image at ${offset}`);
    }
    if (image.file === undefined) {
      throw new Refusal('unsupported', 'Cannot read bytes of an image that is a directory', 'Ask for an fs: grant');
    }
    const { size } = image;
    const wanted = Math.max(0, Math.min(length, size - offset, messageBytes - ENVELOPE_BYTES));
    if (room.byteLength < wanted + ENVELOPE_BYTES) {
      room = new Uint8Array(wanted + ENVELOPE_BYTES);
    }
    // As long whether it ends there or not. The answer begins where the room does, since memory is copied faster from the border of a word.
    const headOf = (eof: boolean) => encode(capabilities.image.response, { size, eof, data: EMPTY });
    const lengthAt = headOf(false).byteLength - NO_BIN_BYTES;
    const dataAt = lengthAt + BIN32_BYTES;
    const count = readFully(image.file, room, dataAt, wanted, offset);
    room.set(headOf(offset + count >= size).subarray(0, lengthAt));
    room[lengthAt] = BIN32;
    new DataView(room.buffer).setUint32(lengthAt + 1, count);
    return room.subarray(0, dataAt + count);
  });
}

/** @returns how many bytes there were: fewer where somebody made the file shorter. */
function readFully(file: number, room: Uint8Array, at: number, length: number, offset: number): number {
  let done = 0;
  while (done < length) {
    const count = readOnce(file, room, at + done, length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

function readOnce(file: number, room: Uint8Array, at: number, length: number, offset: number): number {
  try {
    return readSync(file, room, at, length, offset);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    throw new Refusal('failed', `Cannot read the image at ${offset}: ${code}`);
  }
}
