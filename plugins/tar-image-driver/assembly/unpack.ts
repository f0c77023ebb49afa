// A tar archive becomes a root file system.
import { EntryMeta, lastError, log, rootfs } from "@wasm-plugin/assemblyscript";
import { BLOCK, Format, formatOf, isZero, NO_NUMBER, numberAt, textAt } from "./header";
import { Extended } from "./pax";
import { problem, problemText } from "./problem";
import { Source } from "./source";

/** A header in front of an entry may be so long: names and times need far less. */
const MAX_EXTENDED: i64 = 256 * 1024;

/** What one header says, with what the extended ones before it add. */
class Entry {
  constructor(
    readonly kind: u8,
    readonly path: string,
    readonly target: string,
    readonly size: i64,
    readonly meta: EntryMeta,
    readonly major: i64,
    readonly minor: i64,
  ) {}
}

/** Unpack all of it. False after a problem. */
export function unpackTar(source: Source): bool {
  const unpacker = new Unpacker(source);
  if (!unpacker.run()) return false;
  if (!rootfs.flush()) return refused();
  if (unpacker.attributes > 0) log.warn(unpacker.attributes.toString() + " extended attributes are not kept");
  if (rootfs.skipped() > 0) log.warn(rootfs.skipped().toString() + " devices and FIFOs may not be made here and are left out");
  return true;
}

class Unpacker {
  attributes: i32 = 0;
  private next: Extended = new Extended();
  private global: Extended = new Extended();

  constructor(private source: Source) {}

  run(): bool {
    const source = this.source;
    while (source.need(BLOCK)) {
      const block = source.take(BLOCK);
      if (isZero(block)) return this.end();
      const format = formatOf(block);
      if (format == Format.None) return problem("a header has a wrong checksum");
      if (!this.readHeader(block, format)) return false;
    }
    if (source.hasMore()) return problem("the archive ends within a header");
    // Every tar program writes two blocks of zeros, so something is missing.
    return problem("the archive ends too early");
  }

  /** After the first block of zeros the rest is read: behind it stand padding, and checksums of what is around the archive. */
  private end(): bool {
    const source = this.source;
    while (source.hasMore()) source.take(source.available);
    return problemText().length == 0;
  }

  private readHeader(block: Uint8Array, format: Format): bool {
    const kind = block[156];
    switch (kind) {
      case 0x78: // x: for the next entry
      case 0x58: // X: Solaris' name for it
        return this.readExtended(block, this.next);
      case 0x67: // g: for all that follow
        if (!this.readExtended(block, this.global)) return false;
        this.next = this.global.copy();
        return true;
      case 0x4c: // L: GNU's long name
      case 0x4b: // K: GNU's long target
        return this.readLongName(block, kind == 0x4c);
      case 0x53: // S
        return problem("it holds a sparse file, which this driver does not know");
      case 0x4d: // M
        return problem("it is a part of an archive in several volumes");
      case 0x56: // V: a label
        return this.source.skip(padded(numberAt(block, 124, 12)));
      default:
        return this.readEntry(block, format, kind);
    }
  }

  private readExtended(block: Uint8Array, into: Extended): bool {
    const bytes = this.readText(block);
    return bytes !== null && into.read(bytes);
  }

  private readLongName(block: Uint8Array, isPath: bool): bool {
    const bytes = this.readText(block);
    if (bytes === null) return false;
    const text = textAt(bytes, 0, bytes.length);
    if (text === null) return false;
    if (isPath) this.next.path = text;
    else this.next.target = text;
    return true;
  }

  /** The data of a header that describes another entry. */
  private readText(block: Uint8Array): Uint8Array | null {
    const size = numberAt(block, 124, 12);
    if (size < 0 || size > MAX_EXTENDED) {
      problem("an extended header has " + size.toString() + " bytes");
      return null;
    }
    if (!this.source.need(<i32>padded(size))) {
      problem("the archive ends too early");
      return null;
    }
    return this.source.take(<i32>padded(size)).slice(0, <i32>size);
  }

  private readEntry(block: Uint8Array, format: Format, kind: u8): bool {
    const extended = this.next;
    this.next = this.global.copy();
    this.attributes += extended.attributes;
    let path = extended.path;
    if (path === null) path = pathOf(block, format);
    let target = extended.target;
    if (target === null) target = textAt(block, 157, 100);
    if (path === null || target === null) return false;
    // A hard link has no data, whatever its header says.
    const size = kind == 0x31 ? 0 : extended.size >= 0 ? extended.size : numberAt(block, 124, 12);
    const meta = metaOf(block, extended);
    if (meta === null || size < 0) return problem('the header of "' + path + '" is damaged');
    const major = format == Format.V7 ? 0 : numberAt(block, 329, 8);
    const minor = format == Format.V7 ? 0 : numberAt(block, 337, 8);
    const isFolder = kind == 0x35 || kind == 0x44 || ((kind == 0 || kind == 0x30) && path.endsWith("/"));
    const entry = new Entry(isFolder ? 0x35 : kind, cleaned(path), target, size, meta, major, minor);
    if (entry.path.length == 0) return false;
    return this.make(entry);
  }

  private make(entry: Entry): bool {
    const path = entry.path;
    switch (entry.kind) {
      case 0:
      case 0x30:
      case 0x37:
        return this.makeFile(entry);
      case 0x31: {
        const target = cleaned(entry.target);
        return target.length > 0 && this.done(rootfs.hardlink(path, target), entry);
      }
      case 0x32:
        return this.done(rootfs.symlink(path, entry.target, entry.meta), entry);
      case 0x33:
        return this.done(rootfs.characterDevice(path, entry.major, entry.minor, entry.meta), entry);
      case 0x34:
        return this.done(rootfs.blockDevice(path, entry.major, entry.minor, entry.meta), entry);
      case 0x35:
        return this.done(rootfs.directory(path, entry.meta), entry);
      case 0x36:
        return this.done(rootfs.fifo(path, entry.meta), entry);
      default:
        return problem('"' + path + '" is of the unknown type ' + entry.kind.toString());
    }
  }

  /** What has no use for data may have some all the same. */
  private done(made: bool, entry: Entry): bool {
    return made ? this.source.skip(padded(entry.size)) : refused();
  }

  private makeFile(entry: Entry): bool {
    const source = this.source;
    let left = entry.size;
    let begun = false;
    while (left > 0) {
      if (!source.need(<i32>min<i64>(left, BLOCK))) return problem('the archive ends within "' + entry.path + '"');
      const part = source.take(<i32>min<i64>(left, source.available));
      left -= part.length;
      const more = left > 0;
      const made = begun
        ? rootfs.append(part, more)
        : more ? rootfs.openFile(entry.path, part, entry.meta) : rootfs.file(entry.path, part, entry.meta);
      if (!made) return refused();
      begun = true;
    }
    if (!begun && !rootfs.file(entry.path, new Uint8Array(0), entry.meta)) return refused();
    return source.skip(padded(entry.size) - entry.size);
  }
}

function refused(): bool {
  return problem(lastError()!.message);
}

/** Data fills whole blocks. */
function padded(size: i64): i64 {
  return (size + (BLOCK - 1)) & ~(<i64>BLOCK - 1);
}

function pathOf(block: Uint8Array, format: Format): string | null {
  const name = textAt(block, 0, 100);
  if (name === null || format != Format.Ustar || block[345] == 0) return name;
  const prefix = textAt(block, 345, 155);
  return prefix === null ? null : prefix + "/" + name;
}

function metaOf(block: Uint8Array, extended: Extended): EntryMeta | null {
  const mode = numberAt(block, 100, 8);
  const uid = extended.uid >= 0 ? extended.uid : numberAt(block, 108, 8);
  const gid = extended.gid >= 0 ? extended.gid : numberAt(block, 116, 8);
  const mtime = extended.hasMtime ? extended.mtime : numberAt(block, 136, 12);
  if (mode == NO_NUMBER || uid < 0 || gid < 0 || mtime == NO_NUMBER) return null;
  return new EntryMeta(<i32>(mode & 0o7777), uid, gid, mtime, extended.hasMtime ? extended.mtimeNs : 0);
}

/** Names only, separated by single slashes; `.` for the root itself; "" with a problem. */
function cleaned(path: string): string {
  const names = path.split("/");
  const kept: string[] = [];
  for (let i = 0; i < names.length; ++i) {
    if (names[i] == "..") {
      problem('the path "' + path + '" leads out of the archive');
      return "";
    }
    if (names[i] != "" && names[i] != ".") kept.push(names[i]);
  }
  return kept.length == 0 ? "." : kept.join("/");
}
