import { PluginError, quote } from '../errors/index.js';
import { covers, type Grant, parsePointer } from '../grant/index.js';
import type { Change } from './diff.js';
import { grantHint } from './grant-hint.js';
import { isObject, type Json, type JsonObject, own, sameJson } from './json.js';
import { plainPath } from './keyed-lists.js';
import type { PluginEntry } from './source.js';

/** A change with the plugin that made it, for `--dry-run` and for the log. */
export interface OwnedChange extends Change {
  readonly plugin: string;
}

/** A thing with two values, as a conflict shows it. */
export type Contest = Pick<Change, 'thing' | 'before' | 'after'>;

/** Who owns what in one run's config. */
export interface Ownership {
  /**
   * Whether an `add` of `plugin` may replace the value that is there: only where it came from a plugin that this one overrides.
   *
   * @returns false where no plugin is behind the value.
   * @throws PluginError `CONFIG_CONFLICT` where it came from a plugin that this one does not override.
   */
  mayReplace(plugin: PluginEntry, contest: Contest): boolean;
  /**
   * Take over the things that `plugin` changed, or say who has them.
   *
   * @param config - with these changes.
   * @throws PluginError `CONFIG_CONFLICT` that names both plugins and both values. Then nothing was taken over.
   */
  claim(plugin: PluginEntry, changes: readonly Change[], config: JsonObject): void;
  /** Every change so far, in the order they were made. */
  readonly changes: readonly OwnedChange[];
}

/** What one plugin wants of one thing; undefined is that it is gone. */
interface Claim {
  readonly plugin: string;
  readonly value: Json | undefined;
  /** Entries that it added to the end of a list: others may add theirs, but not lose these. */
  readonly appended: boolean;
}

export function createOwnership(): Ownership {
  const claims = new Map<string, readonly Claim[]>();
  const changes: OwnedChange[] = [];

  /** Those of others that `plugin` was not installed to override. */
  const against = (plugin: PluginEntry, thing: string): Claim[] =>
    (claims.get(thing) ?? []).filter(
      (claim) => claim.plugin !== plugin.name && !plugin.overrides.includes(claim.plugin),
    );

  /** An object that gives way to something else takes all inside it along. */
  function checkInside(plugin: PluginEntry, made: readonly Change[]): void {
    const replaced = new Map(made.filter(({ before }) => isObject(before)).map((change) => [change.thing, change]));
    for (const thing of replaced.size === 0 ? [] : claims.keys()) {
      for (let at = thing.lastIndexOf('/'); at > 0; at = thing.lastIndexOf('/', at - 1)) {
        const [claim] = replaced.has(thing.slice(0, at)) ? against(plugin, thing) : [];
        if (claim !== undefined) throw conflict(plugin.name, claim, { thing, after: undefined });
      }
    }
  }

  /** A mount covers what was mounted below it before. */
  function checkCovered(plugin: PluginEntry, made: readonly Change[], config: JsonObject): void {
    const covering = made.filter(({ thing, after }) => thing.startsWith(MOUNT) && after !== undefined);
    if (covering.length === 0) return;
    const order = lastPlaces(own(config, 'mounts'));
    const above = new Set(covering.map(({ thing }) => thing.slice(MOUNT.length, -1)));
    const lengths = new Set([...above].map((path) => path.length));
    for (const thing of claims.keys()) {
      const path = thing.startsWith(MOUNT) ? thing.slice(MOUNT.length, -1) : '/';
      const covered = foldersAbove(path, lengths).find(
        (at) => above.has(at) && order.get(at)! > (order.get(path) ?? Infinity),
      );
      const claim = covered === undefined ? undefined : against(plugin, thing).find(({ value }) => value !== undefined);
      if (claim !== undefined) throw coveredMount(plugin.name, claim.plugin, thing, covered!);
    }
  }

  return {
    changes,
    mayReplace(plugin, { thing, before, after }) {
      const claim = claims.get(thing)?.findLast(({ value, appended }) => !appended || includes(value, before));
      if (claim === undefined) return false;
      if (!plugin.overrides.includes(claim.plugin))
        throw conflict(plugin.name, { ...claim, value: before }, { thing, after });
      return true;
    },
    claim(plugin, made, config) {
      for (const change of made) {
        const claim = against(plugin, change.thing).find((other) => !agree(other, change));
        if (claim !== undefined) throw conflict(plugin.name, claim, change);
      }
      checkInside(plugin, made);
      checkCovered(plugin, made, config);
      for (const change of made) {
        const { thing, after: value, appended } = change;
        const kept = (claims.get(thing) ?? []).filter((other) => agree(other, change));
        claims.set(thing, [...kept, { plugin: plugin.name, value, appended }]);
        changes.push({ ...change, plugin: plugin.name });
      }
    },
  };
}

const MOUNT = 'mounts[';
/** No longer path can be mounted on. */
const MAX_PATH_CHARS = 4096;

/** Where in the list the last mount on each path stands. */
function lastPlaces(mounts: Json | undefined): ReadonlyMap<string, number> {
  const entries = Array.isArray(mounts) ? mounts : [];
  return new Map(entries.map((entry, index) => [plainPath(String(own(entry, 'destination'))), index]));
}

/** @param lengths - only those that are as long as one of these: a list may have thousands of deep paths. */
function foldersAbove(path: string, lengths: ReadonlySet<number>): string[] {
  const found: string[] = [];
  if (path.length > MAX_PATH_CHARS) return found;
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (lengths.has(end)) found.push(path.slice(0, end));
  }
  if (path !== '/') found.push('/');
  return found;
}

/** Whether a claim still holds after a change of its thing. */
function agree(claim: Claim, change: Change): boolean {
  if (change.appended) return claim.value !== undefined;
  return claim.appended && holdsAll(change.after, claim.value as Json[]);
}

/** By their text, since both lists may be long: entries that nobody touched keep the order of their keys. */
function holdsAll(list: Json | undefined, entries: readonly Json[]): boolean {
  const texts = new Set(Array.isArray(list) ? list.map((entry) => JSON.stringify(entry)) : []);
  return entries.every((entry) => texts.has(JSON.stringify(entry)));
}

function includes(list: Json | undefined, wanted: Json | undefined): boolean {
  return Array.isArray(list) && list.some((entry) => sameJson(entry, wanted));
}

/**
 * Refuse changes that the operator did not grant.
 *
 * @param grants - what takes effect for this plugin.
 * @param requests - what its manifest asks for, for the hint.
 * @throws PluginError `CONFIG_DENIED` that names the first change and the grant it needs.
 */
export function checkConfigGrants(
  plugin: string,
  grants: readonly Grant[],
  changes: readonly Change[],
  requests: readonly string[] = [],
): void {
  for (const change of changes) {
    const { area, pointer } = change;
    const needed: [Grant, ...Grant[]] = [{ kind: 'config-pointer', segments: parsePointer(pointer) ?? [] }];
    if (area !== undefined) {
      needed.unshift({ kind: 'config', adjustment: area });
    }
    if (!needed.some((wanted) => grants.some((grant) => covers(grant, wanted)))) {
      throw new PluginError(
        'CONFIG_DENIED',
        `Plugin ${quote(plugin)} may not change ${quote(change.thing)}: it was not granted`,
        {
          hint: grantHint(needed, requests),
          details: { plugin, thing: change.thing },
        },
      );
    }
  }
}

function coveredMount(plugin: string, owner: string, thing: string, path: string): PluginError {
  return new PluginError(
    'CONFIG_CONFLICT',
    `Plugin ${quote(plugin)} mounts on ${quote(path)}, and covers ${quote(thing)} of plugin ${quote(owner)}`,
    {
      hint: `Disable one of them, or install ${quote(plugin)} with --overrides ${owner} if its mount should win.`,
      details: { owner, plugin, thing },
    },
  );
}

function conflict(plugin: string, owner: Claim, { thing, after }: Pick<Contest, 'thing' | 'after'>): PluginError {
  const [mine, theirs] = [after, owner.value].map((value) =>
    value === undefined ? 'absent' : quote(typeof value === 'string' ? value : JSON.stringify(value)),
  );
  return new PluginError(
    'CONFIG_CONFLICT',
    `Plugins ${quote(owner.plugin)} and ${quote(plugin)} both change ${quote(thing)}: to ${theirs} and to ${mine}`,
    {
      hint: `Disable one of them, or install ${quote(plugin)} with --overrides ${owner.plugin} if its value should win.`,
      details: { owner: owner.plugin, plugin, thing },
    },
  );
}
