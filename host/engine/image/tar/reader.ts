import { quote } from '../../../errors/index.js';
import { BLOCK_BYTES, decodeName, malformed, type RawHeader, readHeader } from './header.js';
import { type PaxFields, readPax } from './pax.js';

export type TarKind = 'file' | 'directory' | 'symlink' | 'hardlink' | 'character-device' | 'block-device' | 'fifo';

/** One thing in an archive. All texts are foreign and unchecked. */
export interface TarEntry {
  readonly kind: TarKind;
  readonly path: string;
  /** Of links. */
  readonly target: string;
  /** The lower twelve bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes that follow; 0 for all but files. */
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly major: number;
  readonly minor: number;
  /** The archive has extended attributes for it, which are not read. */
  readonly hasXattrs: boolean;
}

/** Who gets what is in an archive, in order. What these throw ends the reading. */
export interface TarSink {
  entry(entry: TarEntry): void;
  /** A further piece of the last entry. @param bytes - a view that is valid during the call. */
  data(bytes: Uint8Array): void;
  /** The last entry, if it is a file, is complete. */
  end(): void;
}

export interface TarReader {
  /**
   * Read on.
   *
   * @returns false once the archive has ended; what follows is not looked at.
   * @throws PluginError `IMAGE_UNSUPPORTED`; the reader is of no use then.
   */
  push(chunk: Uint8Array): boolean;
  /** Pass over the data of the last entry. @returns how many bytes the caller must leave out before it pushes on. */
  skip(): number;
  /** Say that there is no more. @throws PluginError `IMAGE_UNSUPPORTED` if something is missing. */
  finish(): void;
}

/** Names and attributes of one entry, beside its header. */
const MAX_EXTENSION_BYTES = 1024 * 1024;
const PERMISSIONS = 0o7777;

const KINDS: ReadonlyMap<string, TarKind> = new Map([
  ['0', 'file'],
  ['7', 'file'],
  ['1', 'hardlink'],
  ['2', 'symlink'],
  ['3', 'character-device'],
  ['4', 'block-device'],
  ['5', 'directory'],
  ['6', 'fifo'],
]);
/** Pax for the next entry and for all, GNU's long name and long link name. */
const EXTENSIONS: ReadonlySet<string> = new Set(['x', 'g', 'L', 'K']);

/**
 * Read a tar archive piece by piece: ustar, pax, GNU and older, as the tools that build images write them.
 *
 * No more than one header or extension is kept in memory. Sparse files and archives of many volumes are refused.
 *
 * @param sink - called from `push`.
 */
export function createTarReader(sink: TarSink): TarReader {
  return new Reader(sink);
}

class Reader implements TarReader {
  readonly #sink: TarSink;
  /** A header or an extension that is being put together. */
  #room = new Uint8Array(BLOCK_BYTES);
  #filled = 0;
  /** Type of the extension in `#room`; undefined where that is a header. */
  #extension: string | undefined;
  /** Of a file. */
  #dataLeft = 0;
  /** Up to the next block. */
  #paddingLeft = 0;
  #isPaddingBegun = false;
  #extensionBytes = 0;
  #longName: string | undefined;
  #longLink: string | undefined;
  #pax: PaxFields | undefined;
  #zeroBlocks = 0;

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  get #hasEnded(): boolean {
    return this.#zeroBlocks === 2;
  }

  get #isEntryDue(): boolean {
    return this.#pax !== undefined || this.#longName !== undefined || this.#longLink !== undefined;
  }

  push(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.byteLength && !this.#hasEnded; ) {
      at +=
        this.#dataLeft > 0
          ? this.#takeData(chunk, at)
          : this.#paddingLeft > 0
            ? this.#skip(chunk, at)
            : this.#fill(chunk, at);
    }
    return !this.#hasEnded;
  }

  skip(): number {
    const count = this.#dataLeft + this.#paddingLeft;
    this.#dataLeft = this.#paddingLeft = 0;
    return count;
  }

  finish(): void {
    // The padding of the last file may be missing as a whole: umoci leaves it out, and no reader minds.
    const between =
      this.#filled === 0 && this.#extension === undefined && this.#dataLeft === 0 && !this.#isPaddingBegun;
    if (!this.#hasEnded && (!between || this.#isEntryDue)) {
      throw malformed('it ends in the middle of an entry');
    }
  }

  #takeData(chunk: Uint8Array, at: number): number {
    const piece = chunk.subarray(at, at + this.#dataLeft);
    this.#dataLeft -= piece.byteLength;
    this.#sink.data(piece);
    if (this.#dataLeft === 0) {
      this.#sink.end();
    }
    return piece.byteLength;
  }

  #skip(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.#paddingLeft, chunk.byteLength - at);
    this.#paddingLeft -= count;
    this.#isPaddingBegun = this.#paddingLeft > 0;
    return count;
  }

  #fill(chunk: Uint8Array, at: number): number {
    const piece = chunk.subarray(at, at + this.#room.byteLength - this.#filled);
    this.#room.set(piece, this.#filled);
    this.#filled += piece.byteLength;
    if (this.#filled === this.#room.byteLength) {
      this.#filled = 0;
      if (this.#extension === undefined) {
        this.#takeHeader(readHeader(this.#room));
      } else {
        this.#takeExtension(this.#extension, this.#room);
      }
    }
    return piece.byteLength;
  }

  #takeHeader(header: RawHeader | undefined): void {
    if (header === undefined) {
      if (this.#isEntryDue) {
        throw malformed('an extended header has no entry');
      }
      this.#zeroBlocks += 1;
      return;
    }
    if (this.#zeroBlocks > 0) {
      throw malformed('an entry follows its end');
    }
    if (EXTENSIONS.has(header.type)) {
      this.#beginExtension(header);
      return;
    }
    const entry = this.#entryOf(header);
    this.#longName = this.#longLink = this.#pax = undefined;
    this.#extensionBytes = 0;
    this.#dataLeft = entry.size;
    this.#paddingLeft = paddingOf(entry.size);
    this.#sink.entry(entry);
    if (entry.kind === 'file' && entry.size === 0) {
      this.#sink.end();
    }
  }

  #entryOf(header: RawHeader): TarEntry {
    const known = KINDS.get(header.type);
    if (known === undefined) {
      throw malformed(`it holds an entry of type ${quote(header.type)}`);
    }
    const pax = this.#pax;
    const path = pax?.path ?? this.#longName ?? header.name;
    const kind = known === 'file' && path.endsWith('/') ? 'directory' : known;
    const size = pax?.size ?? header.size;
    if (size < 0) {
      throw malformed('an entry has less than no bytes');
    }
    return {
      kind,
      path,
      target: pax?.linkPath ?? this.#longLink ?? header.linkName,
      mode: header.mode & PERMISSIONS,
      uid: pax?.uid ?? header.uid,
      gid: pax?.gid ?? header.gid,
      // What other kinds say here is not followed by data, whoever wrote them.
      size: kind === 'file' ? size : 0,
      mtimeSeconds: pax?.mtimeSeconds ?? header.mtimeSeconds,
      major: header.major,
      minor: header.minor,
      hasXattrs: pax?.hasXattrs ?? false,
    };
  }

  #beginExtension({ type, size }: RawHeader): void {
    this.#extensionBytes += BLOCK_BYTES + size;
    if (size < 0 || this.#extensionBytes > MAX_EXTENSION_BYTES) {
      throw malformed(`the names and attributes of an entry have more than ${MAX_EXTENSION_BYTES} bytes`);
    }
    if (size === 0) {
      this.#takeExtension(type, new Uint8Array(0));
      return;
    }
    this.#extension = type;
    this.#room = new Uint8Array(size);
  }

  #takeExtension(type: string, bytes: Uint8Array): void {
    this.#extension = undefined;
    this.#room = new Uint8Array(BLOCK_BYTES);
    this.#paddingLeft = paddingOf(bytes.byteLength);
    switch (type) {
      case 'x':
        this.#pax = readPax(bytes);
        break;
      case 'L':
        this.#longName = upToNul(bytes);
        break;
      case 'K':
        this.#longLink = upToNul(bytes);
        break;
      default:
      // What is said of all entries, such as the commit of an archive of git: nothing that builds images puts names there.
    }
  }
}

function upToNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeName(end < 0 ? bytes : bytes.subarray(0, end));
}

function paddingOf(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}
