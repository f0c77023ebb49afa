/**
 * `index.jsonl`: all records in one file, because 1,000 small reads are slower than all the rest of `wasm-plugin list`.
 *
 *   {"format":1,"stamp":"<mtime>-<ctime>-<inode>-<entries> of plugins/"}
 *   <three lines, see host/store/index-format.ts>
 *
 * It is a cache and nothing else. A writer, under the lock: removes it, changes records, looks at the folder, writes it. A
 * reader believes it only if the folder still looks the same, and otherwise reads the records, so neither a killed writer nor
 * a record put there by hand can make it lie. (Editing a record in place is invisible to that check; no writer does, and the
 * next change or `check` sees it.) Its shape is checked like the records': what is torn is no index.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Files } from './files.js';
import { replaceFile } from './files.js';
import type { IndexText } from './index-format.js';
import { encodeIndex } from './index-format.js';
import type { Layout } from './layout.js';
import { readOwnedFile } from './read-file.js';
import type { PluginRecord } from './record.js';

/** Above this no index is kept and none is read. 1,000 plugins take less than 1 MB. */
const MAX_INDEX_BYTES = 64 << 20;
const FORMAT = 1;
const NEWLINE = 0x0a;

/** What changes whenever a name in `plugins/` does: times in nanoseconds, the folder itself, and how many names it holds. */
export function stampOf(layout: Layout): string {
  const { mtimeNs, ctimeNs, ino } = statSync(layout.plugins, { bigint: true });
  return `${mtimeNs}-${ctimeNs}-${ino}-${readdirSync(layout.plugins).length}`;
}

/**
 * Find the index if it is fresh.
 *
 * @returns its lines, or undefined if there is no index that is whole and fresh. Never throws: whatever is wrong with a cache,
 *   the records are asked instead, and what is wrong with those is reported.
 */
export function readIndex(layout: Layout, owners: readonly number[]): IndexText | undefined {
  try {
    const bytes = readOwnedFile(layout.index, owners, MAX_INDEX_BYTES);
    if (bytes === undefined) {
      return undefined;
    }
    const [header, summaries, contributes, details] = linesOf(bytes);
    const parsed: unknown = JSON.parse(textOf(header));
    // The stamp is taken after the read: a writer removes the index first, so what was read was whole until then.
    if (!isHeader(parsed) || parsed.format !== FORMAT || parsed.stamp !== stampOf(layout)) {
      return undefined;
    }
    return {
      summaries: () => textOf(summaries),
      contributes: () => textOf(contributes),
      details: () => textOf(details),
    };
  } catch {
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
  const text = encodeIndex(plugins);
  const bytes = Buffer.from(`${[header, text.summaries(), text.contributes(), text.details()].join('\n')}\n`);
  if (bytes.byteLength <= MAX_INDEX_BYTES) {
    replaceFile(files, dirname(layout.index), basename(layout.index), bytes, mode);
  }
}

/** The four lines. One that is missing is empty, so no JSON. */
function linesOf(bytes: Uint8Array): [Uint8Array, Uint8Array, Uint8Array, Uint8Array] {
  let start = 0;
  const next = (): Uint8Array => {
    const end = bytes.indexOf(NEWLINE, start);
    const line = bytes.subarray(start, end === -1 ? start : end);
    start = end === -1 ? bytes.byteLength : end + 1;
    return line;
  };
  return [next(), next(), next(), next()];
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function isHeader(value: unknown): value is { format: unknown; stamp: unknown } {
  return typeof value === 'object' && value !== null && 'format' in value && 'stamp' in value;
}
