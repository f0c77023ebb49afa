/**
 * What a plugin changed, found by comparing the config before and after it.
 *
 * Ownership and grants are decided on this, not on what the plugin said it would do, so adjustments and patches are held to
 * the same rules and neither can reach around them.
 */
import type { AdjustmentKey } from '../grant/index.js';
import { isObject, type Json, type JsonObject, sameJson } from './json.js';
import { areaOf, KEYED_LISTS, type KeyedList } from './keyed-lists.js';

export interface Change {
  /** What can have one owner: `mounts[/etc/slurm]`, `env[PATH]`, or a JSON pointer. */
  readonly thing: string;
  /** Where it stands in the config, for pointer grants. */
  readonly pointer: string;
  /** The adjustment that it belongs to, for `config:mounts` and its like. */
  readonly area: AdjustmentKey | undefined;
  /** Undefined: it was not there. */
  readonly before: Json | undefined;
  /** Undefined: it is gone. */
  readonly after: Json | undefined;
  /** Added to the end of a list whose entries have no key: that conflicts with nobody and is owned by nobody. */
  readonly appended: boolean;
}

/** @returns one change for each thing, in the order of the config. Neither argument is kept or modified. */
export function diffConfig(before: JsonObject, after: JsonObject): Change[] {
  const changes: Change[] = [];
  diffValue('', before, after, changes);
  return changes;
}

/** One segment of a JSON pointer. */
export const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

function diffValue(pointer: string, before: Json | undefined, after: Json | undefined, changes: Change[]): void {
  if (sameJson(before, after)) {
    return;
  }
  const keyed = KEYED_LISTS.find((list) => list.pointer === pointer);
  if (keyed !== undefined && isListOrAbsent(before) && isListOrAbsent(after)) {
    diffKeyed(keyed, before ?? [], after ?? [], changes);
  } else if (isObjectOrAbsent(before) && isObjectOrAbsent(after) && hasKeys(before, after)) {
    for (const key of new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])) {
      diffValue(`${pointer}/${escapePointer(key)}`, ownOf(before, key), ownOf(after, key), changes);
    }
  } else if (!ORDERED_LISTS.has(pointer) && isAppend(before, after)) {
    changes.push(
      change(pointer, pointer, undefined, (after as Json[]).slice((before as Json[] | undefined)?.length ?? 0), true),
    );
  } else {
    changes.push(change(pointer, pointer, before, after));
  }
}

/** Entries by key; entries that share one are compared together. */
function diffKeyed(list: KeyedList, before: readonly Json[], after: readonly Json[], changes: Change[]): void {
  const old = groupBy(before, list.keyOf);
  const now = groupBy(after, list.keyOf);
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const was = old.get(key);
    const is = now.get(key);
    if (!sameJson(was, is)) {
      changes.push(change(`${list.area}[${key}]`, list.pointer, single(was), single(is)));
    }
  }
  const kept = (entries: readonly Json[], other: ReadonlyMap<string, Json[]>): string[] =>
    entries.map(list.keyOf).filter((key) => other.has(key));
  // Mounts cover each other in their order, so moving one is a change of the list as a whole.
  const [oldOrder, newOrder] = [kept(before, now), kept(after, old)];
  if (!sameJson([...new Set(oldOrder)], [...new Set(newOrder)])) {
    changes.push(change(`${list.area} order`, list.pointer, oldOrder, newOrder));
  }
}

function change(
  thing: string,
  pointer: string,
  before: Json | undefined,
  after: Json | undefined,
  appended = false,
): Change {
  return { thing, pointer, area: areaOf(pointer), before, after, appended };
}

function groupBy(entries: readonly Json[], keyOf: (entry: Json) => string): Map<string, Json[]> {
  const groups = new Map<string, Json[]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups;
}

const single = (entries: Json[] | undefined): Json | undefined => (entries?.length === 1 ? entries[0] : entries);
const isListOrAbsent = (value: Json | undefined): value is Json[] | undefined =>
  value === undefined || Array.isArray(value);
const isObjectOrAbsent = (value: Json | undefined): value is JsonObject | undefined =>
  value === undefined || isObject(value);
const hasKeys = (...values: (JsonObject | undefined)[]): boolean =>
  values.some((value) => Object.keys(value ?? {}).length > 0);
const ownOf = (value: JsonObject | undefined, key: string): Json | undefined =>
  value !== undefined && Object.hasOwn(value, key) ? value[key] : undefined;

/** Lists that mean something only as a whole: a longer command line is another command, not an addition to it. */
const ORDERED_LISTS: ReadonlySet<string> = new Set(['/process/args']);

function isAppend(before: Json | undefined, after: Json | undefined): boolean {
  return (
    Array.isArray(after) &&
    isListOrAbsent(before) &&
    after.length > (before?.length ?? 0) &&
    (before ?? []).every((item, i) => sameJson(item, after[i]))
  );
}
