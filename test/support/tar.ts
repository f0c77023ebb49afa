/** Tar archives by hand, for what no tool writes. */
const BLOCK = 512;

export interface HeaderFields {
  readonly name?: string;
  readonly type?: string;
  readonly link?: string;
  readonly mode?: string;
  readonly uid?: string;
  /** Octal digits, as they are to stand there. Default: of `data`. */
  readonly size?: string;
  readonly mtime?: string;
  readonly magic?: string;
  readonly prefix?: string;
  /** Added to the right sum. */
  readonly sumError?: number;
  readonly data?: string | Uint8Array;
}

/** A header and its data, up to a whole block. */
export function tarEntry(fields: HeaderFields): Buffer {
  const data = Buffer.from(fields.data ?? '');
  const header = Buffer.alloc(BLOCK);
  const put = (text: string, at: number) => header.write(text, at, 'latin1');
  header.write(fields.name ?? 'name', 0, 'utf8');
  put(fields.mode ?? '0000644', 100);
  put(fields.uid ?? '0000000', 108);
  put('0000000', 116);
  put(fields.size ?? data.byteLength.toString(8).padStart(11, '0'), 124);
  put(fields.mtime ?? '00000000000', 136);
  put(fields.type ?? '0', 156);
  header.write(fields.link ?? '', 157, 'utf8');
  put(fields.magic ?? 'ustar\u000000', 257);
  header.write(fields.prefix ?? '', 345, 'utf8');
  put('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, fields.sumError ?? 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, data, Buffer.alloc((BLOCK - (data.byteLength % BLOCK)) % BLOCK)]);
}

/** One record of an extended header, with its own length. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  const length = bytes + String(bytes).length;
  return `${String(length).length === String(bytes).length ? length : length + 1}${rest}`;
}

/** Entries and the two blocks that end an archive. */
export function tarArchive(...entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]);
}
