import { PluginError, quote } from '../errors/index.js';
import { covers, formatGrant, type Grant, parsePointer } from '../grant/index.js';
import type { Change } from './diff.js';
import type { PluginEntry } from './source.js';

/** A change with the plugin that made it, for `--dry-run` and for the log. */
export interface OwnedChange extends Change {
  readonly plugin: string;
}

/** Who owns what in one run's config. */
export interface Ownership {
  /**
   * Take over the things that `plugin` changed, or say who has them.
   *
   * @throws PluginError `CONFIG_CONFLICT` that names both plugins and both values. Then nothing was taken over.
   */
  claim(plugin: PluginEntry, changes: readonly Change[]): void;
  /** Every change so far, in the order they were made. */
  readonly changes: readonly OwnedChange[];
}

export function createOwnership(): Ownership {
  const owners = new Map<string, string>();
  const changes: OwnedChange[] = [];
  return {
    changes,
    claim(plugin, made) {
      for (const change of made) {
        const owner = owners.get(change.thing);
        if (owner !== undefined && owner !== plugin.name && !plugin.overrides.includes(owner)) {
          throw conflict(plugin.name, owner, change);
        }
      }
      for (const change of made) {
        changes.push({ ...change, plugin: plugin.name });
        if (!change.appended) {
          owners.set(change.thing, plugin.name);
        }
      }
    },
  };
}

/**
 * Refuse changes that the operator did not grant.
 *
 * @param grants - what takes effect for this plugin.
 * @throws PluginError `CONFIG_DENIED` that names the first change and the grant it needs.
 */
export function checkConfigGrants(plugin: string, grants: readonly Grant[], changes: readonly Change[]): void {
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
          hint: `If you want that, install the plugin again with --grant ${formatGrant(needed[0])} and each grant that it has already.`,
          details: { plugin, thing: change.thing },
        },
      );
    }
  }
}

function conflict(plugin: string, owner: string, change: Change): PluginError {
  const show = (value: unknown): string => {
    if (value === undefined) return 'absent';
    return quote(typeof value === 'string' ? value : JSON.stringify(value));
  };
  return new PluginError(
    'CONFIG_CONFLICT',
    `Plugins ${quote(owner)} and ${quote(plugin)} both change ${quote(change.thing)}: to ${show(change.before)} and to ${show(change.after)}`,
    {
      hint: `Disable one of them, or install ${quote(plugin)} with --overrides ${owner} if its value should win.`,
      details: { owner, plugin, thing: change.thing },
    },
  );
}
