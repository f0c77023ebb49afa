import { closeSync, constants, fstatSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';

const STDERR = 2;
const FIRST_PROCESS = 1;

/**
 * Tell whoever typed the engine's command why a hook failed.
 *
 * crun gives hooks no stderr, and goes on after one that failed; podman gives none to its precreate hooks, and prints only that one
 * failed. But what started us has that user's, and is waiting for us. Where ours goes somewhere, the engine prints that.
 *
 * @param line - without control characters. It is lost where that stderr is a socket, as services have it, which nobody else can open, or a
 *   file that is not appended to.
 */
export function tellCaller(line: string): void {
  const caller = process.ppid;
  if (caller <= FIRST_PROCESS) return;
  try {
    if (!isNull(STDERR)) return;
    if (!takesLines(`/proc/${caller}/fd/${STDERR}`, readFileSync(`/proc/${caller}/fdinfo/${STDERR}`, 'utf8'))) return;
    // A pipe that nobody empties must not hold up a container.
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY;
    const fd = openSync(`/proc/${caller}/fd/${STDERR}`, flags);
    try {
      writeSync(fd, `${line}\n`);
    } finally {
      closeSync(fd);
    }
  } catch {
    // It is in our log.
  }
}

function isNull(fd: number): boolean {
  const stat = fstatSync(fd);
  return stat.isCharacterDevice() && stat.rdev === statSync('/dev/null').rdev;
}

/**
 * Ours may be more rights than those with which it was opened. And of a file that is not appended to, the caller would write over
 * what we had written.
 *
 * @param info - text of the descriptor's fdinfo; its flags are octal.
 */
function takesLines(path: string, info: string): boolean {
  const flags = Number.parseInt(/^flags:\s+([0-7]+)$/m.exec(info)?.[1] ?? '0', 8);
  const isWritable = (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
  return isWritable && (!statSync(path).isFile() || (flags & constants.O_APPEND) !== 0);
}
