/**
 * `index.jsonl`: all records in one file, because 1,000 small reads are slower than all the rest of `wasm-plugin list`.
 *
 *   {"format":1,"stamp":"<mtime>-<ctime>-<inode>-<entries> of plugins/"}
 *   [<record>,<record>,…]
 *
 * It is a cache and nothing else. A writer, under the lock: removes it, changes records, looks at the folder, writes it. A
 * reader believes it only if the folder still looks the same, and otherwise reads the records, so neither a killed writer nor
 * a record put there by hand can make it lie. (Editing a record in place is invisible to that check; writers never do.) It is
 * checked like the records: what is torn or misshapen is no index.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Files } from './files.js';
import { replaceFile } from './files.js';
import type { Layout } from './layout.js';
import { readOwnedFile } from './read-file.js';
import type { PluginRecord } from './record.js';
import { checkRecord } from './record.js';

/** Above this no index is kept and none is read. 1,000 plugins take about 1 MB. */
const MAX_INDEX_BYTES = 64 << 20;
const FORMAT = 1;
const NEWLINE = 0x0a;

/** What changes whenever a name in `plugins/` does: times in nanoseconds, the folder itself, and how many names it holds. */
export function stampOf(layout: Layout): string {
  const { mtimeNs, ctimeNs, ino } = statSync(layout.plugins, { bigint: true });
  return `${mtimeNs}-${ctimeNs}-${ino}-${readdirSync(layout.plugins).length}`;
}

/**
 * Read the index if it is fresh.
 *
 * @returns the records, sorted by name, or undefined if there is no index that is whole and fresh.
 */
export function readIndex(layout: Layout, owners: readonly number[]): PluginRecord[] | undefined {
  try {
    const bytes = readOwnedFile(layout.index, owners, MAX_INDEX_BYTES);
    if (bytes === undefined) {
      return undefined;
    }
    const end = bytes.indexOf(NEWLINE);
    const header: unknown = JSON.parse(textOf(bytes.subarray(0, end)));
    // The stamp is taken after the read: a writer removes the index first, so what was read was whole until then.
    if (!isHeader(header) || header.format !== FORMAT || header.stamp !== stampOf(layout)) {
      return undefined;
    }
    const plugins: unknown = JSON.parse(textOf(bytes.subarray(end + 1)));
    return isSortedRecords(plugins) ? plugins : undefined;
  } catch {
    // Whatever is wrong with a cache, the records are asked instead, and what is wrong with those is reported.
    return undefined;
  }
}

/**
 * Write the index. Only under the lock, after every change of `plugins/`.
 *
 * @param plugins - sorted by name.
 */
export function writeIndex(files: Files, layout: Layout, plugins: readonly PluginRecord[], mode: number): void {
  const header = JSON.stringify({ format: FORMAT, stamp: stampOf(layout) });
  const bytes = Buffer.from(`${header}\n${JSON.stringify(plugins)}\n`);
  if (bytes.byteLength <= MAX_INDEX_BYTES) {
    replaceFile(files, dirname(layout.index), basename(layout.index), bytes, mode);
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function isHeader(value: unknown): value is { format: unknown; stamp: unknown } {
  return typeof value === 'object' && value !== null && 'format' in value && 'stamp' in value;
}

function isSortedRecords(value: unknown): value is PluginRecord[] {
  let before = '';
  return (
    Array.isArray(value) &&
    value.every((item) => {
      const checked = checkRecord(item);
      const sorted = 'record' in checked && checked.record.name > before;
      before = sorted ? checked.record.name : before;
      return sorted;
    })
  );
}
