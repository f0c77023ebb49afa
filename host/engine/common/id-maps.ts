/**
 * Several ids in a user namespace of an ordinary user: id 0 is the user, ids from 1 on are those that /etc/subuid and
 * /etc/subgid give. The kernel takes such a map from a privileged process only, and `newuidmap` and `newgidmap` are that.
 *
 * The namespace is made without a map by `unshare --user --keep-caps`: a process without ids has no capabilities after it executes
 * something, unless they are ambient. The launcher clears them.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { escapeControls, PluginError } from '../../errors/index.js';
import type { OciConfig, OciIdMapping } from '../../oci/index.js';
import { findTool, TOOLS_PATH } from './host-tools.js';
import { ID_FILE } from './mapped-removal.js';

export interface IdMaps {
  readonly uid: readonly OciIdMapping[];
  readonly gid: readonly OciIdMapping[];
}

/** The kernel takes no more. */
const MAX_LINES = 340;
const TOOLS = ['newuidmap', 'newgidmap'] as const;

/**
 * The maps of a config for an ordinary user.
 *
 * @param own - ids of the process that runs the engine.
 * @returns undefined where the config asks for no more than the one id that every user has.
 * @throws PluginError `CONFIG_INVALID` for maps without that id as 0, or without the ids of the command; `ENGINE_UNAVAILABLE`
 *   where the tools are missing.
 */
export function admitIdMaps(
  config: OciConfig,
  own: { readonly uid: number; readonly gid: number },
): IdMaps | undefined {
  const { uidMappings: uid = [], gidMappings: gid = [] } = config.linux ?? {};
  if ([uid, gid].every((map) => map.length <= 1 && map.every(({ size }) => size === 1))) {
    return undefined;
  }
  const { user } = config.process ?? {};
  checkMap('uid', uid, own.uid, [user?.uid ?? 0]);
  checkMap('gid', gid, own.gid, [user?.gid ?? 0, ...(user?.additionalGids ?? [])]);
  const missing = TOOLS.filter((tool) => findTool(tool) === undefined);
  if (missing.length > 0) {
    throw new PluginError(
      'ENGINE_UNAVAILABLE',
      `Cannot give the container more than one id: ${missing.join(' and ')} not installed`,
      { hint: 'Install newuidmap and newgidmap: the package is uidmap or shadow-utils.' },
    );
  }
  return { uid, gid };
}

function checkMap(kind: keyof IdMaps, map: IdMaps['uid'], own: number, needed: readonly number[]): void {
  const field = `linux.${kind}Mappings`;
  if (map.length < 2 || map.length > MAX_LINES) {
    throw refused(field, `it has ${map.length} lines, 2 to ${MAX_LINES} are possible where an id beside 0 is mapped`);
  }
  if (!map.some(({ containerID, hostID, size }) => containerID === 0 && hostID === own && size === 1)) {
    throw refused(field, `the id 0 must be ${own}, that of the user who runs the container`);
  }
  const absent = needed.find(
    (id) => !map.some(({ containerID, size }) => containerID <= id && id - containerID < size),
  );
  if (absent !== undefined) {
    throw refused('process.user', `the id ${absent} is not in ${field}`);
  }
}

/** Note in a run's folder with which ids files in it were written, for whoever removes it. */
export function recordIdMaps(runDir: string, { uid, gid }: IdMaps): void {
  writeFileSync(join(runDir, ID_FILE), `${words(uid).join(' ')}\n${words(gid).join(' ')}\n`);
}

/**
 * Give a new user namespace its ids.
 *
 * @param pid - host pid of a process in it. @throws PluginError `ENGINE_FAILED` with the tool's words.
 */
export async function writeIdMaps(pid: number, maps: IdMaps): Promise<void> {
  for (const [tool, map] of [
    ['newuidmap', maps.uid],
    ['newgidmap', maps.gid],
  ] as const) {
    try {
      const env = { PATH: TOOLS_PATH, LC_ALL: 'C' };
      await promisify(execFile)(findTool(tool) ?? tool, [`${pid}`, ...words(map)], { cwd: '/', env });
    } catch (cause) {
      const { stderr, message } = cause as { stderr?: string; message: string };
      const said = escapeControls((stderr?.trim() || message).slice(0, 1000));
      const file = tool === 'newuidmap' ? '/etc/subuid' : '/etc/subgid';
      throw new PluginError('ENGINE_FAILED', `Cannot give the container its ids: ${said}`, {
        cause,
        hint: `See that ${file} gives these ids to you, and that ${tool} has the right to map them (setuid or file capabilities).`,
      });
    }
  }
}

function words(map: IdMaps['uid']): string[] {
  return map.flatMap(({ containerID, hostID, size }) => [`${containerID}`, `${hostID}`, `${size}`]);
}

function refused(what: string, why: string): PluginError {
  return new PluginError('CONFIG_INVALID', `Cannot run the container: ${what}: ${why}`);
}
