/**
 * A terminal of its own for a command, made by `script` of util-linux: the one tool of it that can.
 *
 *   our terminal, raw  <->  script (in our session)  <->  pseudo-terminal  <->  launcher, then the command (in a session of its own)
 *
 * It runs inside of the container's namespaces, so that the process groups that a shell there works with are of its own pid
 * namespace, and before the root changes. It keeps the privileges of the setup, and with them a command without these cannot look
 * into it, nor reach our terminal through it.
 */
import { posix } from 'node:path';
import { PluginError } from '../../errors/index.js';
import type { OciConfig } from '../../oci/index.js';
import { findTool } from '../common/index.js';
import { SCRIPT_NAME } from './box.js';

/**
 * Arguments: what the terminal shall run, as text for a shell; the container's folder of terminals, or nothing for the host's.
 *
 * A device `ptmx` belongs to the file system that is mounted beside it. Descriptor 5 keeps the errors of the setup, since 2 will be the terminal.
 */
const MAKE = `[ -z "$2" ] || mount --bind -- "$2" /dev/pts || exit 1
export SHELL=/bin/sh
exec script --quiet --return --command "$1" /dev/null 5>&2`;

/** Path in the container of its first terminal, where it has terminals of its own. */
export function terminalPath({ mounts = [] }: OciConfig): string | undefined {
  const own = mounts.some(({ type, destination }) => type === 'devpts' && posix.resolve(destination) === '/dev/pts');
  return own ? '/dev/pts/0' : undefined;
}

/**
 * Put a terminal around the launcher.
 *
 * @param root - where the container's root is put together.
 * @param owner - user that the terminal shall belong to, if not to the one who makes it.
 * @throws PluginError `ENGINE_UNAVAILABLE` without `script`.
 */
export function inTerminal(
  launcher: readonly string[],
  config: OciConfig,
  root: string,
  owner: number | undefined,
): string[] {
  if (findTool('script') === undefined) {
    throw new PluginError('ENGINE_UNAVAILABLE', 'Cannot give the container a terminal: script is not installed', {
      hint: 'Install util-linux (bsdutils on Debian, util-linux-script on Fedora), or use the engine crun or runc.',
    });
  }
  const path = terminalPath(config);
  const text = [
    'unset SHELL',
    'exec 4>&1 2>&5 5>&-',
    ...(owner === undefined ? [] : [`chown ${owner} /proc/self/fd/0`]),
    `exec ${launcher.map(quoteForShell).join(' ')}`,
  ].join('\n');
  return ['/bin/sh', '-c', MAKE, SCRIPT_NAME, text, path === undefined ? '' : `${root}${posix.dirname(path)}`];
}

function quoteForShell(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
