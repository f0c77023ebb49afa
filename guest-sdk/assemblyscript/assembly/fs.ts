// The fs capability: files of the host below granted folders. Needs grants such as `fs:/etc/slurm:ro`.
import { answerAddress } from "./answer-area";
import { takeAnswer, wellFormed } from "./capability";
import { FsRequest, FsResponse } from "./messages.generated";
import { textOf, utf8 } from "./utf8";
import { Writer } from "./writer";

// @ts-ignore: decorator
@external("wasm-plugin:host/fs@1.0.0", "call")
declare function call(ptr: usize, len: usize, answer: usize): void;

export class FileStat {
  constructor(
    /** `file`, `directory`, `symlink` or `other`. */
    readonly kind: string,
    /** In bytes. */
    readonly size: i64,
  ) {}
}

/** Paths are absolute. What returns null or false was refused or failed: `lastError()` says why. */
export namespace fs {
  /** A whole file. */
  export function read(path: string): Uint8Array | null {
    let whole = new Uint8Array(0);
    let response = readPart(path, 0, -1);
    while (response !== null) {
      const data = response.data;
      if (data === null) return whole;
      whole = whole.length == 0 ? data : joined(whole, data);
      // An answer without progress ends it too, or a strange host would keep us here.
      if (response.eof || data.length == 0) return whole;
      response = readPart(path, whole.length, -1);
    }
    return null;
  }

  export function readText(path: string): string | null {
    const bytes = read(path);
    return bytes !== null ? textOf(bytes) : null;
  }

  /** At most `length` bytes from `offset`; fewer at the end of the file. */
  export function readAt(path: string, offset: i64, length: i32): Uint8Array | null {
    const response = readPart(path, offset, length);
    return response !== null ? response.data : null;
  }

  /** Write a file; one that is there is replaced. */
  export function write(path: string, data: Uint8Array): bool {
    return store(path, data, false);
  }

  export function writeText(path: string, text: string): bool {
    return store(path, utf8(text), false);
  }

  /** Write at the end of a file; one that is not there is created. */
  export function append(path: string, data: Uint8Array): bool {
    return store(path, data, true);
  }

  export function appendText(path: string, text: string): bool {
    return store(path, utf8(text), true);
  }

  export function stat(path: string): FileStat | null {
    const response = ask(about("stat", path));
    if (response === null) return null;
    const kind = response.kind;
    return new FileStat(kind !== null ? kind : "other", response.size);
  }

  /** Whether there is something at `path` that the plugin may see. */
  export function exists(path: string): bool {
    return stat(path) !== null;
  }

  /** Names in a folder, sorted. */
  export function list(path: string): string[] | null {
    const response = ask(about("list", path));
    return response !== null ? response.entries : null;
  }

  export function remove(path: string): bool {
    return ask(about("remove", path)) !== null;
  }

  export function mkdir(path: string): bool {
    return ask(about("mkdir", path)) !== null;
  }
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}

function about(op: string, path: string): FsRequest {
  const request = new FsRequest();
  request.op = op;
  request.path = path;
  return request;
}

/** @param length - in bytes; -1 for as much as the host puts into one answer. */
function readPart(path: string, offset: i64, length: i32): FsResponse | null {
  const request = about("read", path);
  request.offset = offset;
  if (length >= 0) request.length = length;
  return ask(request);
}

function store(path: string, data: Uint8Array, append: bool): bool {
  const request = about("write", path);
  request.data = data;
  request.append = append;
  return ask(request) !== null;
}

function ask(request: FsRequest): FsResponse | null {
  const writer = new Writer();
  request.encode(writer);
  call(writer.dataStart, writer.length, answerAddress());
  const reader = takeAnswer();
  if (reader === null) return null;
  const response = FsResponse.decode(reader);
  return wellFormed(reader) ? response : null;
}
