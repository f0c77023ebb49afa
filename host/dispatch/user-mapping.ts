import { hooks, type Infer, type InferInput } from '../abi/index.js';
import { PluginError, quote } from '../errors/index.js';
import { blame } from './failure.js';
import type { LoadedPlugins } from './plugins.js';

type Request = InferInput<typeof hooks.userMapping.request>;

/** Ids inside of a container and what they are outside. */
export type IdMapping = Infer<typeof hooks.userMapping.response>['mappings'][number];
export type IdRange = NonNullable<Request['ranges']>[number];

export interface UserMappingCall {
  readonly file: Request['file'];
  /** Who runs the host. Its id, of user or group as the file says, is id 0 inside already. */
  readonly user: Required<Request['user']>;
  /** What the file gives to the user. */
  readonly ranges: readonly IdRange[];
}

/** The kernel takes 340 lines, and one is for id 0. */
export const MAX_MAPPINGS = 339;
/** 2^32 - 1 means "no id" to the kernel. */
const ID_END = 2 ** 32 - 1;

/**
 * Ask the one plugin that maps ids.
 *
 * @returns its answer, ordered by container id, for lines after the one for id 0; undefined where no plugin maps.
 * @throws PluginError `CONFIG_CONFLICT` for two such plugins; `CONFIG_DENIED` for ids that the user does not have, `ABI_MALFORMED` for ranges that no
 *   container can have, or what the call ended with: the run is refused then, also where the plugin is optional.
 */
export async function mapUser(plugins: LoadedPlugins, call: UserMappingCall): Promise<IdMapping[] | undefined> {
  const [entry, second] = plugins.exporting(hooks.userMapping);
  if (entry === undefined) {
    return undefined;
  }
  if (second !== undefined) {
    throw new PluginError(
      'CONFIG_CONFLICT',
      `Plugins ${quote(entry.name)} and ${quote(second.name)} both want to map the ids of users`,
      { hint: 'Disable one of them.', details: { owner: entry.name, plugin: second.name } },
    );
  }
  try {
    const plugin = await plugins.load(entry);
    const { mappings } = await plugin.call(hooks.userMapping, { context: plugins.context(entry), ...call });
    return checkMappings(mappings, call);
  } catch (error) {
    throw blame(entry, error);
  }
}

/** Hold an answer against the call. Pure. @returns it by container id. @throws PluginError `ABI_MALFORMED`, `CONFIG_DENIED`. */
export function checkMappings(mappings: readonly IdMapping[], { file, user, ranges }: UserMappingCall): IdMapping[] {
  if (mappings.length === 0 || mappings.length > MAX_MAPPINGS) {
    throw malformed(file, `${mappings.length} ranges were answered, 1 to ${MAX_MAPPINGS} are possible`);
  }
  const own = file === '/etc/subuid' ? user.uid : user.gid;
  const granted = merged(ranges);
  for (const mapping of mappings) {
    const { containerId, hostId, size } = mapping;
    if (size < 1 || containerId < 1 || hostId < 0 || containerId > ID_END - size || hostId > ID_END - size) {
      throw malformed(file, `${show(mapping)} is no range of ids above 0 and below ${ID_END}`);
    }
    if (hostId <= own && own < hostId + size) {
      throw malformed(file, `${show(mapping)} has ${own}, which is id 0 inside already`);
    }
    if (
      user.uid !== 0 &&
      !granted.some((range) => range.hostId <= hostId && hostId + size <= range.hostId + range.size)
    ) {
      throw new PluginError(
        'CONFIG_DENIED',
        `Cannot map ids for ${file}: ${show(mapping)} is not within what the file gives to uid ${user.uid}`,
        { hint: `Add the range to ${file}, or have the plugin answer one that is there.`, details: { hostId, size } },
      );
    }
  }
  checkApart(file, mappings, 'containerId');
  checkApart(file, mappings, 'hostId');
  return [...mappings].sort((a, b) => a.containerId - b.containerId);
}

/** Apart from each other and below 2^32, so all sizes together are too. */
function checkApart(file: string, mappings: readonly IdMapping[], key: 'containerId' | 'hostId'): void {
  const sorted = [...mappings].sort((a, b) => a[key] - b[key]);
  for (const [i, next] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before !== undefined && before[key] + before.size > next[key]) {
      throw malformed(file, `${show(before)} and ${show(next)} overlap ${key === 'hostId' ? 'outside' : 'inside'}`);
    }
  }
}

/** Ranges that touch as one: a mapping may reach over the border. What is no range counts as nothing. */
function merged(ranges: readonly IdRange[]): IdRange[] {
  const sorted = ranges.filter(({ hostId, size }) => hostId >= 0 && size > 0).sort((a, b) => a.hostId - b.hostId);
  const result: { hostId: number; size: number }[] = [];
  for (const { hostId, size } of sorted) {
    const last = result.at(-1);
    if (last !== undefined && hostId <= last.hostId + last.size) {
      last.size = Math.max(last.size, hostId + size - last.hostId);
    } else {
      result.push({ hostId, size });
    }
  }
  return result;
}

function malformed(file: string, why: string): PluginError {
  return new PluginError('ABI_MALFORMED', `Cannot map ids for ${file}: ${why}`);
}

function show({ containerId, hostId, size }: IdMapping): string {
  return `${containerId} ${hostId} ${size}`;
}
