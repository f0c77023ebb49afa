/**
 * The exit code of a container under conmon, as podman starts it: conmon writes the code into a file, for podman.
 *
 * Only its parent is told how a process ended. podman removes the file with the container, soon after the end, so it is
 * read when it appears.
 */
import { closeSync, constants, type FSWatcher, openSync, readFileSync, readSync, watch } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ExitNote {
  /** Wait for it, but not for long. @returns undefined if there was none. */
  code(): Promise<number | undefined>;
  close(): void;
}

/** conmon writes it when it has heard of the end, which we may have seen before. */
const PATIENCE_MS = 2000;
const LOOK_EVERY_MS = 20;

/** @returns undefined for a process whose parent is no conmon of container `id`. */
export function watchExitNote(pid: number, id: string): ExitNote | undefined {
  const folder = exitFolder(pid, id);
  if (folder === undefined) return undefined;
  const path = join(folder, id);
  let found: number | undefined;
  const look = () => {
    found ??= readNote(path);
  };
  let watcher: FSWatcher | undefined;
  try {
    // A file of an earlier life of the container is replaced by another of its name.
    watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === id) look();
    });
    watcher.on('error', () => watcher?.close());
  } catch {
    // Then it is looked for at the end alone.
  }
  return {
    async code() {
      for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(LOOK_EVERY_MS)) {
        look();
        if (found !== undefined) break;
      }
      return found;
    },
    close: () => watcher?.close(),
  };
}

function exitFolder(pid: number, id: string): string | undefined {
  try {
    const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const words = readFileSync(`/proc/${parent}/cmdline`, 'utf8').split('\0');
    const after = (...names: string[]) => words[words.findIndex((_, at) => names.includes(words[at - 1] ?? ''))] ?? '';
    const folder = after('--exit-dir');
    const isOurs = basename(words[0] ?? '') === 'conmon' && after('--cid', '-c') === id;
    return isOurs && isAbsolute(folder) && !id.includes('/') ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** A number from 0 to 255, and nothing else. */
function readNote(path: string): number | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const bytes = Buffer.alloc(4);
      const text = bytes.toString('latin1', 0, readSync(fd, bytes));
      return /^\d{1,3}\n?$/.test(text) && Number(text) < 256 ? Number(text) : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}
