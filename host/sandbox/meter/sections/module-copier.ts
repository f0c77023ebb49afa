/** A module that is copied front to back, with changes on the way: what every section of the rewriter works with. */
import { Reader } from '../../../component/index.js';
import { PluginError } from '../../../errors/index.js';
import type { SectionSpan } from '../../module-facts.js';
import { type OffsetMap, OffsetRecorder } from '../offset-map.js';
import { ByteWriter } from './byte-writer.js';

/** Room for what is usually added, so that the buffer grows once at most. */
const GROWTH = 1.25;
const FIXED_GROWTH = 1024;

export class ModuleCopier {
  readonly #source: Uint8Array;
  readonly #out: ByteWriter;
  readonly #offsets = new OffsetRecorder();
  #at = 0;
  /** Between something that was put in and the next that is copied. */
  #interrupted = false;

  /** @param source - the original, not modified. */
  constructor(source: Uint8Array) {
    this.#source = source;
    this.#out = new ByteWriter(Math.ceil(source.length * GROWTH) + FIXED_GROWTH);
  }

  /** Offset in the original of what comes next. */
  get at(): number {
    return this.#at;
  }

  /** Copy up to this offset of the original. */
  copyTo(end: number): void {
    if (end > this.#at) {
      this.#resume();
      this.#out.copy(this.#source, this.#at, end);
      this.#at = end;
    } else if (end < this.#at) {
      throw new PluginError('HOST_BUG', `Cannot rewrite a core module: changes overlap at byte ${end}`);
    }
  }

  /** Leave out what is before this offset of the original. */
  skipTo(end: number): void {
    if (end !== this.#at) {
      this.#interrupt();
      this.#at = end;
    }
  }

  /** Put bytes before what comes next. */
  put(bytes: Uint8Array | readonly number[]): void {
    this.#interrupt();
    this.#out.put(bytes);
  }

  putU32(value: number): void {
    this.#interrupt();
    this.#out.u32(value);
  }

  /** Put code that has no place in the original. */
  putAdded(bytes: Uint8Array): void {
    this.#offsets.added(this.#out.length);
    this.#interrupted = true;
    this.#out.put(bytes);
  }

  /** Put another number in place of the one that stands up to `end`, in as many bytes if it fits. */
  replaceU32(end: number, value: number): void {
    const width = end - this.#at;
    this.#resume();
    const before = this.#out.length;
    this.#out.u32(value, width);
    this.#at = end;
    if (this.#out.length - before !== width) {
      this.#offsets.copied(this.#out.length, this.#at);
    }
  }

  /** Put a length before what `write` writes. @returns that length. */
  sized(write: () => void): number {
    this.#interrupt();
    const opened = this.#out.open();
    write();
    return this.#out.close(opened);
  }

  /** A section of the original, whose contents `write` changes from their start; what it leaves is copied. */
  section({ start, body, end }: SectionSpan, write: (reader: Reader) => void): void {
    this.copyTo(start + 1);
    this.skipTo(body);
    this.sized(() => {
      write(readerOf(this.#source, body, end));
      this.copyTo(end);
    });
  }

  newSection(id: number, write: () => void): void {
    this.put([id]);
    this.sized(write);
  }

  finish(): { readonly bytes: Uint8Array; readonly origins: OffsetMap } {
    this.copyTo(this.#source.length);
    return { bytes: this.#out.view(), origins: this.#offsets.finish() };
  }

  #interrupt(): void {
    if (!this.#interrupted) {
      this.#interrupted = true;
      this.#offsets.inserted(this.#out.length, this.#at);
    }
  }

  #resume(): void {
    if (this.#interrupted) {
      this.#interrupted = false;
      this.#offsets.copied(this.#out.length, this.#at);
    }
  }
}

/** A reader of a part of a module that V8 has validated, with no budget but its size. */
export function readerOf(module: Uint8Array, start: number, end: number): Reader {
  return new Reader(module, { left: module.length, limit: module.length }, module.length, start, end);
}
