// The rootfs capability: creates what is in the new root, while `imageDriver` unpacks.
//
// Entries are collected and sent many at a time, since one message for many small files is what makes it fast. So what goes wrong may
// show only later, at the latest in `flush`, without which the last entries are never made. After that nothing is sent any more: a root
// with a hole in it is no root.
import { answerAddress } from "./answer-area";
import { CapabilityError, failAgain, lastError, takeAnswer, wellFormed } from "./capability";
import { RootfsEntry, RootfsResponse } from "./messages.generated";
import { Writer } from "./writer";

// @ts-ignore: decorator
@external("wasm-plugin:host/rootfs@1.0.0", "call")
declare function call(ptr: usize, len: usize, answer: usize): void;

/** What is sent at once: large enough that the call itself costs nothing beside it. */
// @ts-ignore: decorator
@inline const BATCH_BYTES: i32 = 1 << 20;
/** A message may hold 262,144 values, keys included, and an entry has at most 25. */
// @ts-ignore: decorator
@inline const BATCH_ENTRIES: i32 = 8192;
/** Where the count of entries stands: after the map's header, the key `entries` and the tag of a 32-bit count. */
// @ts-ignore: decorator
@inline const COUNT_AT: usize = 10;

// @ts-ignore: decorator
@lazy const batch = new Writer();
// @ts-ignore: decorator
@lazy let count = 0;
// @ts-ignore: decorator
@lazy let left: i64 = 0;
// @ts-ignore: decorator
@lazy let broken: CapabilityError | null = null;

/** Mode, owner and time of an entry. */
export class EntryMeta {
  constructor(
    /** Permission bits, as in 0o4755. */
    public mode: i32,
    public uid: i64 = 0,
    public gid: i64 = 0,
    /** In seconds since 1970. */
    public mtime: i64 = 0,
    public mtimeNs: i32 = 0,
  ) {}
}

/** Paths are below the new root. False: the host refused an entry, this one or one before; `lastError()` says why. */
export namespace rootfs {
  export function directory(path: string, meta: EntryMeta): bool {
    return add(entry("directory", path, meta));
  }

  /** @param data - copied before this returns. */
  export function file(path: string, data: Uint8Array, meta: EntryMeta): bool {
    return addData(entry("file", path, meta), data, false);
  }

  /** Begin a file whose data comes in parts: the next must be an `append`. */
  export function openFile(path: string, data: Uint8Array, meta: EntryMeta): bool {
    return addData(entry("file", path, meta), data, true);
  }

  /** What comes next in the file that `openFile` began; `more` is false for the last part. */
  export function append(data: Uint8Array, more: bool): bool {
    return addData(entry("append", ""), data, more);
  }

  export function symlink(path: string, target: string, meta: EntryMeta): bool {
    const made = entry("symlink", path, meta);
    made.target = target;
    return add(made);
  }

  /** @param target - below the new root too, and there already. */
  export function hardlink(path: string, target: string): bool {
    const made = entry("hardlink", path);
    made.target = target;
    return add(made);
  }

  export function characterDevice(path: string, major: i64, minor: i64, meta: EntryMeta): bool {
    return add(device("character-device", path, major, minor, meta));
  }

  export function blockDevice(path: string, major: i64, minor: i64, meta: EntryMeta): bool {
    return add(device("block-device", path, major, minor, meta));
  }

  export function fifo(path: string, meta: EntryMeta): bool {
    return add(entry("fifo", path, meta));
  }

  /** Give what is there already another mode, owner and time. */
  export function setMeta(path: string, meta: EntryMeta): bool {
    return add(entry("meta", path, meta));
  }

  /** Remove what is there, with all below it. */
  export function remove(path: string): bool {
    return add(entry("remove", path));
  }

  /** How many devices and FIFOs the host left out so far, because they may not be made. */
  export function skipped(): i64 {
    return left;
  }

  /** Send what was collected. */
  export function flush(): bool {
    const earlier = broken;
    if (earlier !== null) return failAgain(earlier);
    if (count == 0) return true;
    store<u32>(batch.dataStart + COUNT_AT, bswap<u32>(count));
    count = 0;
    call(batch.dataStart, batch.length, answerAddress());
    const reader = takeAnswer();
    if (reader !== null) left += RootfsResponse.decode(reader).skipped;
    if (reader !== null && wellFormed(reader)) return true;
    broken = lastError();
    return false;
  }
}

function entry(op: string, path: string, meta: EntryMeta | null = null): RootfsEntry {
  const made = new RootfsEntry();
  made.op = op;
  made.path = path;
  if (meta !== null) {
    made.mode = meta.mode;
    made.uid = meta.uid;
    made.gid = meta.gid;
    made.mtime = meta.mtime;
    made.mtimeNs = meta.mtimeNs;
  }
  return made;
}

function device(op: string, path: string, major: i64, minor: i64, meta: EntryMeta): RootfsEntry {
  const made = entry(op, path, meta);
  made.major = major;
  made.minor = minor;
  return made;
}

/** One message must hold an entry, so that much data becomes several. */
function addData(first: RootfsEntry, data: Uint8Array, more: bool): bool {
  let made = first;
  let at = 0;
  while (data.length - at > BATCH_BYTES) {
    made.data = data.subarray(at, at + BATCH_BYTES);
    made.more = true;
    if (!add(made)) return false;
    at += BATCH_BYTES;
    made = entry("append", "");
  }
  made.data = at == 0 ? data : data.subarray(at);
  if (more) made.more = true;
  return add(made);
}

function add(made: RootfsEntry): bool {
  const earlier = broken;
  if (earlier !== null) return failAgain(earlier);
  if (count == 0) {
    batch.clear();
    batch.writeMapHeader(1);
    batch.writeStr("entries");
    batch.writeByte(0xdd);
    for (let i = 0; i < 4; ++i) batch.writeByte(0);
  }
  made.encode(batch);
  return ++count < BATCH_ENTRIES && batch.length < BATCH_BYTES ? true : rootfs.flush();
}
