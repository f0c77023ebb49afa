/** `run --fakeroot`: which ids an ordinary user has inside of a container. */
import type { Dispatcher, UserMappingCall } from '../../dispatch/index.js';
import type { SubordinateRange } from '../../engine/index.js';
import { parseSubordinateIds } from '../../engine/index.js';
import { PluginError } from '../../errors/index.js';
import type { OciIdMapping } from '../../oci/index.js';
import type { CommandContext } from '../context.js';
import { reasonOf } from '../failure.js';
import type { CliUser } from '../io.js';
import { readBoundedFile } from '../read-file.js';
import type { ContainerRequest } from './request.js';

export interface FakerootIds {
  readonly uid: readonly OciIdMapping[];
  readonly gid: readonly OciIdMapping[];
}

/** Half a million lines. */
const MAX_FILE_BYTES = 16 << 20;

/**
 * The maps of users and of groups: 0 inside is the user, from 1 on what a plugin says, else all that the files give.
 *
 * @returns undefined where it was not asked for. So for root, who is root inside already and has all ids: a warning says so.
 * @throws PluginError `ENGINE_UNAVAILABLE` where a file cannot be read, or gives the user nothing and no plugin maps; what
 *   `Dispatcher.userMapping` throws.
 */
export async function fakerootIds(
  { io: { user }, log }: Pick<CommandContext, 'io' | 'log'>,
  dispatcher: Pick<Dispatcher, 'userMapping'>,
  request: Pick<ContainerRequest, 'fakeroot'>,
): Promise<FakerootIds | undefined> {
  if (!request.fakeroot) return undefined;
  if (user.uid === 0) {
    log.warning('--fakeroot changes nothing: root is root in its containers without it');
    return undefined;
  }
  return {
    uid: await idsOf('/etc/subuid', user.uid, user, dispatcher),
    gid: await idsOf('/etc/subgid', user.gid, user, dispatcher),
  };
}

async function idsOf(
  file: UserMappingCall['file'],
  own: number,
  { uid, gid, name }: CliUser,
  dispatcher: Pick<Dispatcher, 'userMapping'>,
): Promise<OciIdMapping[]> {
  const ranges = parseSubordinateIds(readText(file), { name, uid }, own);
  const answer = await dispatcher.userMapping({ file, user: { uid, gid, name }, ranges });
  if (answer === undefined && ranges.length === 0) {
    throw new PluginError('ENGINE_UNAVAILABLE', `Cannot map ids: ${file} gives none to uid ${uid}`, {
      hint: `Have a line for you added to ${file}, as "usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST USER" does.`,
    });
  }
  const rest = answer?.map(({ containerId, hostId, size }) => ({ containerID: containerId, hostID: hostId, size }));
  return [{ containerID: 0, hostID: own, size: 1 }, ...(rest ?? inOrder(ranges))];
}

function inOrder(ranges: readonly SubordinateRange[]): OciIdMapping[] {
  let next = 1;
  return ranges.map(({ hostId, size }) => {
    const containerID = next;
    next += size;
    return { containerID, hostID: hostId, size };
  });
}

function readText(file: string): string {
  try {
    return new TextDecoder().decode(readBoundedFile(file, MAX_FILE_BYTES));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new PluginError('ENGINE_UNAVAILABLE', `Cannot map ids: ${file}: ${reasonOf(cause)}`, { cause });
  }
}
