/**
 * Extended headers of pax: `LENGTH KEY=VALUE\n` over and over, where the length is that of the whole record.
 *
 * Layout: POSIX.1-2017, pax, "pax Extended Header".
 */
import { decodeName, malformed } from './header.js';

/** What an extended header says about the next entry. */
export interface PaxFields {
  readonly path?: string | undefined;
  readonly linkPath?: string | undefined;
  readonly size?: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly mtimeSeconds?: number | undefined;
  /** Extended attributes come with it. */
  readonly hasXattrs: boolean;
}

const SPACE = 0x20;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;
const MAX_LENGTH_DIGITS = 7;
const XATTR = /^(SCHILY\.xattr|LIBARCHIVE\.xattr)\./;
const SPARSE = /^GNU\.sparse\./;

/**
 * @param bytes - the whole extended header, already bounded; not kept.
 * @throws PluginError `IMAGE_UNSUPPORTED` if it is malformed, or the entry is sparse in a way of GNU tar.
 */
export function readPax(bytes: Uint8Array): PaxFields {
  const values = new Map<string, string>();
  let hasXattrs = false;
  for (let at = 0; at < bytes.byteLength; ) {
    const { key, value, end } = readRecord(bytes, at);
    at = end;
    if (SPARSE.test(key)) {
      throw malformed('it holds a sparse file');
    }
    if (XATTR.test(key)) {
      hasXattrs = true;
    } else if (WANTED.has(key)) {
      values.set(key, decodeName(value));
    }
  }
  return {
    // An empty value takes back what was said before.
    path: values.get('path') || undefined,
    linkPath: values.get('linkpath') || undefined,
    size: numberOf(values, 'size', /^\d+$/),
    uid: numberOf(values, 'uid', /^\d+$/),
    gid: numberOf(values, 'gid', /^\d+$/),
    mtimeSeconds: numberOf(values, 'mtime', /^-?\d+(\.\d*)?$/),
    hasXattrs,
  };
}

const WANTED: ReadonlySet<string> = new Set(['path', 'linkpath', 'size', 'uid', 'gid', 'mtime']);

/** @param value - bytes, since those of attributes are no text. */
function readRecord(bytes: Uint8Array, at: number): { key: string; value: Uint8Array; end: number } {
  const space = bytes.subarray(at, at + MAX_LENGTH_DIGITS + 1).indexOf(SPACE);
  const digits = space < 0 ? '' : String.fromCharCode(...bytes.subarray(at, at + space));
  const end = at + Number(digits);
  if (!/^[1-9]\d*$/.test(digits) || end > bytes.byteLength || bytes[end - 1] !== NEWLINE) {
    throw malformed('a record of an extended header has the wrong length');
  }
  const record = bytes.subarray(at + space + 1, Math.max(end - 1, at + space + 1));
  const equals = record.indexOf(EQUALS);
  if (equals < 1) {
    throw malformed('a record of an extended header has no key');
  }
  return { key: decodeName(record.subarray(0, equals)), value: record.subarray(equals + 1), end };
}

function numberOf(values: ReadonlyMap<string, string>, key: string, form: RegExp): number | undefined {
  const text = values.get(key) ?? '';
  if (text === '') {
    return undefined;
  }
  const value = Number(text);
  if (!form.test(text) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw malformed(`the ${key} in an extended header is no number that can be used`);
  }
  return value;
}
