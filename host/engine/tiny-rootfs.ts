import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PluginError, quote } from '../errors/index.js';
import { findTool, TOOLS_PATH } from './common/index.js';

const FOLDERS = ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp'];

/** Enough for a demo and for tests that look around from inside. */
const DEFAULT_COMMANDS: readonly string[] = [
  'cat',
  'echo',
  'env',
  'false',
  'head',
  'hostname',
  'id',
  'kill',
  'ls',
  'mkdir',
  'readlink',
  'rm',
  'sleep',
  'stat',
  'tail',
  'touch',
  'true',
  'uname',
];

/**
 * Make a root file system of about 4 MB from the running machine's own shell and a few of its commands.
 *
 * So that a container can be tried on any machine without fetching an image. It holds copies: the commands, the libraries that
 * the dynamic linker names for them, and a passwd and group file with root alone.
 *
 * @param folder - made if missing; what it holds stays.
 * @param commands - names to look up where system tools live; `sh` is always there.
 * @throws PluginError `IMAGE_UNSUPPORTED` if a command is not installed.
 */
export function buildTinyRootfs(folder: string, commands: readonly string[] = DEFAULT_COMMANDS): void {
  for (const name of FOLDERS) {
    mkdirSync(join(folder, name), { recursive: true });
    chmodSync(join(folder, name), name === 'tmp' ? 0o1777 : 0o755);
  }
  const paths = ['sh', ...commands].map((name) => {
    const path = findTool(name);
    if (path === undefined) {
      throw new PluginError(
        'IMAGE_UNSUPPORTED',
        `Cannot make a root file system: ${quote(name)} is not installed here`,
      );
    }
    copy(path, join(folder, 'bin', name));
    return path;
  });
  for (const library of librariesOf(paths)) {
    const target = join(folder, library);
    if (!existsSync(target)) {
      mkdirSync(dirname(target), { recursive: true });
      copy(library, target);
    }
  }
  writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(folder, 'etc/group'), 'root:x:0:\n');
}

function copy(from: string, to: string): void {
  copyFileSync(from, to);
  chmodSync(to, 0o755);
}

/** Absolute paths of the shared libraries and the loader that dynamic programs need; none for static ones and scripts. */
function librariesOf(programs: readonly string[]): string[] {
  const dynamic = programs.filter((path) => readFileSync(path).subarray(0, 4).toString('latin1') === '\u007fELF');
  let listing = '';
  try {
    listing = execFileSync('ldd', dynamic, {
      encoding: 'utf8',
      env: { PATH: TOOLS_PATH, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    // It ends with 1 if any of them is static, and has listed the others.
    listing = String((error as { stdout?: unknown }).stdout ?? '');
  }
  // Headings name the programs and end in a colon; `name => /path (0x…)` and `/path (0x…)` name libraries.
  return [...new Set([...listing.matchAll(/(?:^|=>)\s+(\/\S+) \(0x/gm)].map((match) => match[1] as string))];
}
