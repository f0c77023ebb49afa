import { statfsSync } from 'node:fs';
import type { RootfsPolicy } from './policy.js';

/** What a file system still takes. */
export interface Room {
  readonly bytes: number;
  /** Files, folders and links; infinite where their number is not fixed beforehand. */
  readonly entries: number;
}

/** @param folder - any in that file system. @throws the system's error. */
export function roomIn(folder: string): Room {
  const { bavail, bsize, files, ffree } = statfsSync(folder);
  return { bytes: bavail * bsize, entries: files === 0 ? Number.POSITIVE_INFINITY : ffree };
}

/** How much is made between two looks: others fill the same file system meanwhile. */
const LOOK_BYTES = 4 * 2 ** 20;
const LOOK_ENTRIES = 256;

/** Sees to it that a root leaves room for others. */
export class RoomWatch {
  readonly #folder: string;
  readonly #least: Room;
  // The first is due at once.
  #bytes = LOOK_BYTES;
  #entries = LOOK_ENTRIES;

  constructor(folder: string, { minFreeBytes, minFreeEntries }: RootfsPolicy) {
    this.#folder = folder;
    this.#least = { bytes: minFreeBytes, entries: minFreeEntries };
  }

  /** Say what is about to be made. @returns whether there is room for it. */
  take(bytes: number, entries: number): boolean {
    this.#bytes += bytes;
    this.#entries += entries;
    if (this.#bytes < LOOK_BYTES && this.#entries < LOOK_ENTRIES) return true;
    if (this.#least.bytes === 0 && this.#least.entries === 0) return true;
    this.#bytes = 0;
    this.#entries = 0;
    const room = roomIn(this.#folder);
    return room.bytes - bytes >= this.#least.bytes && room.entries - entries >= this.#least.entries;
  }
}
