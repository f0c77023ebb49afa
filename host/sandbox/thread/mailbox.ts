/** Where a large payload lies in a mailbox. */
export interface Place {
  readonly at: number;
  /** In bytes. */
  readonly length: number;
}

/** Below this a message of its own is as fast. */
const LEAST_BYTES = 16 * 1024;
/** Two of what an SDK sends at once, with something around it. Memory that is not written to is not there. */
const MOST_BYTES = 2 * 2 ** 20 + 64 * 1024;
const WORD_BYTES = 8;

/**
 * Room that a plugin's thread and its owner share, for large requests and answers of capabilities: gigabytes of an image pass through
 * here, and buffers that are made for each message cost several times as much as what is done with them (bench/rootfs.ts).
 *
 * There is one question at a time and whoever asked sleeps until it is answered, so they never use it at once. The guest has no way
 * to it.
 */
export class Mailbox {
  readonly shared: SharedArrayBuffer;

  /** @param shared - of the other side; else a new one. */
  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(MOST_BYTES + WORD_BYTES)) {
    this.shared = shared;
  }

  /** Copy bytes in, over what was there. @returns undefined if that is not worth it, or they do not fit. */
  put(bytes: Uint8Array): Place | undefined {
    const { length } = bytes;
    if (length < LEAST_BYTES || length > MOST_BYTES) {
      return undefined;
    }
    // As far from the border of a word as it was: V8 copies shared bytes one by one otherwise.
    const at = bytes.byteOffset % WORD_BYTES;
    new Uint8Array(this.shared, at, length).set(bytes);
    return { at, length };
  }

  /** What was put in, good until something else is. */
  view({ at, length }: Place): Uint8Array {
    return new Uint8Array(this.shared, at, length);
  }
}
