import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Guest sources. */
export const PROGRAMS = join(ROOT, 'test/programs');
/** Everything that tests build: ignored by git, safe to delete. */
export const BUILD = join(ROOT, 'build/programs');

const require = createRequire(import.meta.url);

/** What a build depends on besides the helper that runs it. */
export interface BuildInputs {
  /** File name of the result, without its hash. */
  readonly name: string;
  /** Folders of `test/programs` whose files go in. */
  readonly folders: readonly string[];
  /** npm packages of the toolchain. */
  readonly toolchain: readonly string[];
  /** Anything else that changes the result. */
  readonly options: readonly string[];
}

/**
 * Build a guest program, or take it from an earlier run.
 *
 * The key covers sources, options, versions of the toolchain and the helpers in this folder, so a stale result cannot be used. Two test
 * files may build the same thing at the same time: both results are the same, and the rename makes either whole.
 */
export async function cachedBuild(inputs: BuildInputs, build: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const path = join(BUILD, `${inputs.name}-${keyOf(inputs)}.wasm`);
  try {
    return new Uint8Array(readFileSync(path));
  } catch {
    const bytes = await build();
    mkdirSync(BUILD, { recursive: true });
    const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
    writeFileSync(temporary, bytes);
    renameSync(temporary, path);
    return bytes;
  }
}

function keyOf({ folders, toolchain, options }: BuildInputs): string {
  const hash = createHash('sha256');
  for (const file of folders.flatMap((folder) => filesOf(join(PROGRAMS, folder)))) {
    hash.update(file).update(readFileSync(file));
  }
  for (const file of filesOf(fileURLToPath(new URL('.', import.meta.url))).filter((name) =>
    /((build|compile)-\w+\.ts|run-\w+\.mjs)$/.test(name),
  )) {
    hash.update(readFileSync(file));
  }
  for (const name of toolchain) {
    hash.update(`${name}@${versionOf(name)}`);
  }
  return hash.update(options.join('\0')).digest('hex').slice(0, 16);
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(folder, name))
    .sort();
}

/** Version in a package's own manifest; `exports` maps hide that file from `require`. */
function versionOf(name: string): string {
  const folder = require.resolve
    .paths(name)
    ?.find((path) => path.endsWith('node_modules') && existsSync(join(path, name)));
  const manifest: { version: string } = JSON.parse(readFileSync(join(folder ?? '', name, 'package.json'), 'utf8'));
  return manifest.version;
}
