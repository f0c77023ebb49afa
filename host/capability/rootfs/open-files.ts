import { closeSync, writeSync } from 'node:fs';
import { quote } from '../../errors/index.js';
import { Refusal } from '../answer.js';
import { applyToHandle, type ExactMeta } from './metadata.js';

/** A file that is begun and not finished. */
interface OpenFile {
  readonly path: string;
  readonly descriptor: number;
  readonly meta: ExactMeta;
}

/** The files that are being written, by numbers that say nothing about descriptors and are never used again. */
export class OpenFiles {
  readonly #files = new Map<number, OpenFile>();
  readonly #max: number;
  #last = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#files.size;
  }

  /** To be asked before a file is made. */
  requireRoom(path: string): void {
    if (this.#files.size >= this.#max) {
      throw new Refusal('limit', `Cannot begin file ${quote(path)}: ${this.#max} files are open`, 'Finish one first.');
    }
  }

  add(file: OpenFile): number {
    this.#last += 1;
    this.#files.set(this.#last, file);
    return this.#last;
  }

  /** @throws Refusal `invalid` for a number that was never given out, or whose file is finished. */
  get(number: number): OpenFile {
    const file = this.#files.get(number);
    if (file === undefined) {
      throw new Refusal('invalid', `Cannot use file ${number}: it is not open`);
    }
    return file;
  }

  finish(number: number, owners: boolean): void {
    const { descriptor, meta } = this.get(number);
    this.#files.delete(number);
    finishFile(descriptor, meta, owners);
  }

  /** @returns the path of a file that nobody finished. */
  firstPath(): string | undefined {
    return this.#files.values().next().value?.path;
  }

  /** Close all, finished or not. */
  close(): void {
    for (const { descriptor } of this.#files.values()) {
      closeSync(descriptor);
    }
    this.#files.clear();
  }
}

/** Apply what stands beside the content, and close. */
export function finishFile(descriptor: number, meta: ExactMeta, owners: boolean): void {
  try {
    applyToHandle(descriptor, meta, owners);
  } finally {
    closeSync(descriptor);
  }
}

/** Write all, where write(2) may take less at once. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.byteLength) {
    done += writeSync(descriptor, bytes, done, bytes.byteLength - done);
  }
}
