/**
 * What the index holds, as text. Pure.
 *
 *   [name, version, switches, order, contributes, …]                                    summaries
 *   [<contributes>, …]
 *   {"rows":[digest, installed, …],"lists":[…],"settings":[…],"previous":[…]}           details
 *
 * Built for reading. Rows are laid end to end, because 1,000 small arrays cost more than they hold; where records tend to be
 * equal, they have the number of a value in a table, so that it is parsed and checked once; and `list` needs the first line
 * alone (bench/cli.ts).
 */
import type { PluginRecord, PreviousVersion } from './record.js';
import { recordChecks } from './record.js';
import type { Check } from './shape.js';
import { isObject } from './shape.js';

/** What listing plugins and finding the owner of a command takes. */
export type PluginSummary = Pick<PluginRecord, 'name' | 'version' | 'enabled' | 'order' | 'contributes'>;

/** The lines, without their newlines. Each is asked for when it is needed first. */
export interface IndexText {
  summaries(): string;
  contributes(): string;
  details(): string;
}

type Contributes = PluginRecord['contributes'];
type RecordOf = (name: string) => PluginRecord | undefined;

const SUMMARY_SIZE = 5;
const DETAIL_SIZE = 9;

const ENABLED = 1;
const OPTIONAL = 2;
const OBSERVE = 4;
const EXCLUSIVE = 8;
const ALL_SWITCHES = ENABLED | OPTIONAL | OBSERVE | EXCLUSIVE;

interface Details {
  readonly rows: readonly unknown[];
  readonly lists: readonly (readonly string[])[];
  readonly settings: readonly Readonly<Record<string, unknown>>[];
  readonly previous: readonly (PreviousVersion | null)[];
}

/** A summary, and the switches that only the whole record shows. */
interface Row {
  readonly summary: PluginSummary;
  readonly switches: number;
}

/** @param plugins - sorted by name. */
export function encodeIndex(plugins: readonly PluginRecord[]): IndexText {
  const [lists, settings, previous, contributes] = [interner(), interner(), interner(), interner()];
  const summaries = plugins.flatMap((plugin) => [
    plugin.name,
    plugin.version,
    switchesOf(plugin),
    plugin.order,
    contributes.add(plugin.contributes),
  ]);
  const rows = plugins.flatMap((plugin) => [
    plugin.digest,
    plugin.installed,
    plugin.description,
    plugin.author,
    lists.add(plugin.grants),
    lists.add(plugin.overrides),
    lists.add(plugin.hooks),
    settings.add(plugin.settings),
    previous.add(plugin.previous),
  ]);
  const details = { rows, lists: lists.items, settings: settings.items, previous: previous.items };
  return {
    summaries: () => JSON.stringify(summaries),
    contributes: () => JSON.stringify(contributes.items),
    details: () => JSON.stringify(details),
  };
}

/**
 * Read the summaries of what `encodeIndex` wrote.
 *
 * @param recordOf - reads a plugin's own record: its `contributes` are taken from there if those of the index turn out to be bad.
 * @returns sorted by name, or undefined if they are not what they should be. Equal values are shared.
 */
export function decodeSummaries(text: IndexText, recordOf: RecordOf): PluginSummary[] | undefined {
  return decodeRows(text, recordOf)?.map(({ summary }) => summary);
}

/** `decodeSummaries` for whole records. */
export function decodeRecords(text: IndexText, recordOf: RecordOf): PluginRecord[] | undefined {
  const rows = decodeRows(text, recordOf);
  const details = parse(text.details());
  if (rows === undefined || !areDetails(details) || details.rows.length !== rows.length * DETAIL_SIZE) {
    return undefined;
  }
  const records: PluginRecord[] = [];
  for (let i = 0; i < rows.length; i++) {
    const record = toRecord(rows[i] as Row, details, i * DETAIL_SIZE);
    if (record === undefined) {
      return undefined;
    }
    records.push(record);
  }
  return records;
}

function decodeRows(text: IndexText, recordOf: RecordOf): Row[] | undefined {
  const flat = parse(text.summaries());
  if (!Array.isArray(flat) || flat.length % SUMMARY_SIZE !== 0) {
    return undefined;
  }
  const contributesOf = lazyContributes(text, recordOf);
  const rows: Row[] = [];
  let before = '';
  for (let at = 0; at < flat.length; at += SUMMARY_SIZE) {
    const [name, version, switches, order, contributes] = flat.slice(at, at + SUMMARY_SIZE) as unknown[];
    if (
      !isName(name) ||
      name <= before ||
      typeof version !== 'string' ||
      !isBelow(switches, ALL_SWITCHES + 1) ||
      !isNumber(order) ||
      !isBelow(contributes, Number.MAX_SAFE_INTEGER)
    ) {
      return undefined;
    }
    before = name;
    const summary: PluginSummary = {
      name,
      version,
      enabled: (switches & ENABLED) !== 0,
      order,
      // Own and enumerable, so that copies and JSON have it as a plain value; parsed for the first who looks.
      get contributes() {
        return contributesOf(contributes, name);
      },
    };
    rows.push({ summary, switches });
  }
  return rows;
}

function toRecord({ summary, switches }: Row, details: Details, at: number): PluginRecord | undefined {
  const { rows, lists, settings, previous } = details;
  const [digest, installed, description, author] = [rows[at], rows[at + 1], rows[at + 2], rows[at + 3]];
  const [grants, overrides, hooks] = [item(lists, rows[at + 4]), item(lists, rows[at + 5]), item(lists, rows[at + 6])];
  const [ownSettings, before] = [item(settings, rows[at + 7]), item(previous, rows[at + 8])];
  if (
    recordChecks.digest(digest) !== undefined ||
    typeof installed !== 'string' ||
    typeof description !== 'string' ||
    typeof author !== 'string' ||
    grants === undefined ||
    overrides === undefined ||
    hooks === undefined ||
    ownSettings === undefined ||
    before === undefined
  ) {
    return undefined;
  }
  const record: PluginRecord = {
    name: summary.name,
    version: summary.version,
    digest: digest as string,
    enabled: summary.enabled,
    grants,
    order: summary.order,
    optional: (switches & OPTIONAL) !== 0,
    overrides,
    settings: ownSettings,
    installed,
    previous: before,
    hooks,
    get contributes() {
      return summary.contributes;
    },
    description,
    author,
  };
  const monitor = (switches & EXCLUSIVE) !== 0 ? 'exclusive' : (switches & OBSERVE) !== 0 ? 'observe' : undefined;
  if (monitor !== undefined) {
    (record as { monitor?: typeof monitor }).monitor = monitor;
  }
  return record;
}

function lazyContributes(text: IndexText, recordOf: RecordOf): (number: number, name: string) => Contributes {
  let table: readonly Contributes[] | undefined;
  return (number, name) => {
    if (table === undefined) {
      const parsed = parse(text.contributes());
      table = isListOf(parsed, recordChecks.contributes) ? (parsed as Contributes[]) : [];
    }
    return table[number] ?? recordOf(name)?.contributes ?? { commands: [], flags: [], phases: [] };
  };
}

function switchesOf({ enabled, optional, monitor }: PluginRecord): number {
  const watching = monitor === undefined ? 0 : monitor === 'observe' ? OBSERVE : EXCLUSIVE;
  return (enabled ? ENABLED : 0) | (optional ? OPTIONAL : 0) | watching;
}

/** Gives equal values one number. */
function interner(): { readonly items: unknown[]; add(value: unknown): number } {
  const numbers = new Map<string, number>();
  const items: unknown[] = [];
  return {
    items,
    add(value) {
      const key = JSON.stringify(value);
      const known = numbers.get(key);
      if (known !== undefined) {
        return known;
      }
      numbers.set(key, items.length);
      return items.push(value) - 1;
    },
  };
}

function areDetails(value: unknown): value is Details {
  return (
    isObject(value) &&
    Array.isArray(value.rows) &&
    isListOf(value.lists, recordChecks.lines) &&
    isListOf(value.settings, recordChecks.settings) &&
    isListOf(value.previous, recordChecks.previous)
  );
}

function item<T>(table: readonly T[], number: unknown): T | undefined {
  return isBelow(number, table.length) ? table[number] : undefined;
}

function isName(value: unknown): value is string {
  return recordChecks.name(value) === undefined;
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isBelow(value: unknown, limit: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < limit;
}

function isListOf(value: unknown, check: Check): value is unknown[] {
  return Array.isArray(value) && value.every((each) => check(each) === undefined);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
