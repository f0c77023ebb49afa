/** Reading a store: never waits for a writer and never writes. Every file is replaced in one step, so what is read is whole. */
import { join } from 'node:path';
import { PluginError, quote } from '../errors/index.js';
import type { StoreContext } from './context.js';
import { readIndex } from './index-file.js';
import type { PluginSummary } from './index-format.js';
import { decodeRecords, decodeSummaries } from './index-format.js';
import { ioError } from './io-error.js';
import { RECORD_FILE, recordFileName } from './layout.js';
import { namesIn } from './names-in.js';
import { readOwnedFile } from './read-file.js';
import type { PluginRecord } from './record.js';
import { corrupt, MAX_RECORD_BYTES, parseRecord } from './record.js';
import { checkFolder } from './trusted-folder.js';

/** A record that cannot be used. The others can. */
export interface StoreProblem {
  /** Its file, absolute. */
  readonly file: string;
  readonly error: PluginError;
}

export interface StoreContent {
  /** Sorted by name, by bytes. */
  readonly plugins: readonly PluginRecord[];
  readonly problems: readonly StoreProblem[];
  /** It came from the index, which therefore is up to date. */
  readonly indexed: boolean;
}

const NOTHING: StoreContent = { plugins: [], problems: [], indexed: false };

/**
 * All records; none if there is no store yet.
 *
 * @throws PluginError `STORE_REFUSED` if somebody else could have written to the folder of records.
 */
export function readStore(context: StoreContext): StoreContent {
  const { layout, owners } = context;
  if (checkFolder(layout.plugins, owners) === undefined) {
    return NOTHING;
  }
  const index = readIndex(layout, owners);
  const plugins = index === undefined ? undefined : decodeRecords(index, (name) => readRecord(context, name));
  return plugins === undefined ? readRecords(context) : { plugins, problems: [], indexed: true };
}

/** What `readStore` finds, in short, and faster when there are many plugins. */
export function readSummaries(context: StoreContext): readonly PluginSummary[] {
  const { layout, owners } = context;
  if (checkFolder(layout.plugins, owners) === undefined) {
    return [];
  }
  const index = readIndex(layout, owners);
  const summaries = index === undefined ? undefined : decodeSummaries(index, (name) => readRecord(context, name));
  return summaries ?? readRecords(context).plugins;
}

/**
 * One record, from its own file.
 *
 * @returns undefined if no plugin of that name is installed.
 * @throws PluginError `STORE_CORRUPT`, `STORE_REFUSED`, `LIMIT_EXCEEDED` or `IO_FAILED` if its record cannot be used.
 */
export function readRecord({ layout, owners }: StoreContext, name: string): PluginRecord | undefined {
  if (checkFolder(layout.plugins, owners) === undefined) {
    return undefined;
  }
  return readRecordFile(join(layout.plugins, recordFileName(name)), owners);
}

/** All records, from their own files. The folder was checked. */
export function readRecords({ layout, owners }: StoreContext): StoreContent {
  const plugins: PluginRecord[] = [];
  const problems: StoreProblem[] = [];
  for (const file of namesIn(layout.plugins).filter((name) => RECORD_FILE.test(name))) {
    const path = join(layout.plugins, file);
    try {
      const record = readRecordFile(path, owners);
      if (record !== undefined) {
        plugins.push(record);
      }
    } catch (error) {
      problems.push({
        file: path,
        error: error instanceof PluginError ? error : ioError('read a record', path, error),
      });
    }
  }
  return { plugins: plugins.sort(byName), problems, indexed: false };
}

/** Names are ASCII, so that the order of UTF-16 units is that of bytes. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function readRecordFile(path: string, owners: readonly number[]): PluginRecord | undefined {
  const bytes = readOwnedFile(path, owners, MAX_RECORD_BYTES);
  if (bytes === undefined) {
    return undefined;
  }
  const record = parseRecord(bytes, path);
  if (!path.endsWith(`/${recordFileName(record.name)}`)) {
    throw corrupt(path, `it is the record of ${quote(record.name)}, which belongs in another file`);
  }
  return record;
}
