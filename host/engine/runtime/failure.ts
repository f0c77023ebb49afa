import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { PluginError } from '../../errors/index.js';
import type { OciConfig } from '../../oci/index.js';
import { firstWords, setupHint } from '../common/index.js';

const MAX_LOG_BYTES = 64 * 1024;
const MAX_WORDS = 2000;

/** What the runtime wrote to its log (`--log-format json`) as an error, without the folder of the run. Empty: nothing. */
export function runtimeWords(logFile: string, runDir: string): string {
  const errors = tailOf(logFile)
    .split('\n')
    .flatMap((line) => {
      try {
        const { level, msg } = JSON.parse(line) as { level?: unknown; msg?: unknown };
        return level === 'error' && typeof msg === 'string' ? [msg] : [];
      } catch {
        return [];
      }
    });
  // The folder where the container is put together means nothing to the reader, and is gone when it is read.
  return [...new Set(errors)].join('; ').replaceAll(`${runDir}/root`, '').slice(0, MAX_WORDS);
}

/**
 * Exit code by which shells tell that a command cannot be executed, if that is what the runtime's words are about.
 *
 * There is no other sign: runtimes end with 1 for it as for anything else. Words of crun 1.x and runc 1.x.
 */
export function exitCodeOfWords(words: string): 126 | 127 | undefined {
  if (/executable file .*not found in \$PATH|exec: ".*": (?:stat .*: )?no such file or directory/s.test(words)) {
    return 127;
  }
  return /open executable: |exec(?: |: )".*": (?:permission denied|is a directory)|exec .*: (?:permission denied|exec format error)|execv?e?: (?:exec format error|permission denied)/is.test(
    words,
  )
    ? 126
    : undefined;
}

/** @param said - words of the runtime or of a tool; hostile, since names of the config are in them. */
export function setupFailed(name: string, said: string, config: OciConfig): PluginError {
  const mount = config.mounts?.find(
    // crun leaves out the first slash.
    ({ destination }) => mentions(said, destination) || mentions(said, destination.slice(1)),
  )?.destination;
  return new PluginError('ENGINE_FAILED', `Cannot start the container with ${name}: ${firstWords(said)}`, {
    ...(mount === undefined ? {} : { details: { mount } }),
    hint: setupHint(said),
  });
}

// The whole path, quoted or not: `/dev` is not meant by `/dev/pts`.
function mentions(said: string, path: string): boolean {
  for (let at = said.indexOf(path); at !== -1; at = said.indexOf(path, at + 1)) {
    const [before, after] = [said[at - 1] ?? ' ', said[at + path.length] ?? ' '];
    if (/[\s"'`]/.test(before) && /[\s"'`:,;]/.test(after)) {
      return true;
    }
  }
  return false;
}

function tailOf(file: string): string {
  try {
    const fd = openSync(file, 'r');
    try {
      const { size } = fstatSync(fd);
      const bytes = Buffer.alloc(Math.min(size, MAX_LOG_BYTES));
      return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, Math.max(0, size - bytes.length)));
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
