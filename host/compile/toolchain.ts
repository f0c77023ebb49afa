/**
 * Parts of a toolchain, which are optional peers: whoever only runs plugins does not install compilers.
 *
 * Looked for beside this package first, then in the project's `node_modules` and those above it, since this package may be
 * installed globally, or by npx, and the compiler in the project.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PluginError } from '../errors/index.js';

const MISSING = new Set<unknown>(['ERR_MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED']);
/** The one that is missed first in a new project, where the other will be missed next. */
const FIRST_NEEDED = 'assemblyscript';
const TOGETHER = 'assemblyscript @bytecodealliance/jco';
const CONDITIONS = ['import', 'node', 'default'];

/**
 * @param specifier - as in an import: `assemblyscript/asc`.
 * @param projectDir - absolute.
 * @returns the module; `T` is what the caller knows of it.
 * @throws PluginError `TOOLCHAIN_MISSING` when the package is nowhere; another failure of the import goes through.
 */
export async function loadToolchain<T>(specifier: string, projectDir: string): Promise<T> {
  try {
    return await import(specifier);
  } catch (error) {
    if (!(error instanceof Error) || !MISSING.has(Reflect.get(error, 'code'))) {
      throw error;
    }
    const path = findInProject(specifier, projectDir);
    if (path !== undefined) {
      return import(pathToFileURL(path).href);
    }
    const { name } = splitSpecifier(specifier);
    throw new PluginError('TOOLCHAIN_MISSING', `Cannot compile: the npm package ${name} is not installed`, {
      hint: `Run in the project: npm install --save-dev ${name === FIRST_NEEDED ? TOGETHER : name}`,
      details: { package: name },
      cause: error,
    });
  }
}

/** The file that `specifier` means for a module in `projectDir`. Node 20 resolves only for the module that asks. */
function findInProject(specifier: string, projectDir: string): string | undefined {
  const { name, subpath } = splitSpecifier(specifier);
  for (let dir = projectDir; ; dir = dirname(dir)) {
    const home = join(dir, 'node_modules', name);
    if (existsSync(join(home, 'package.json'))) {
      const manifest: { exports?: Record<string, unknown> } = JSON.parse(
        readFileSync(join(home, 'package.json'), 'utf8'),
      );
      const target = exportTarget(manifest.exports?.[subpath]);
      return target === undefined ? undefined : join(home, target);
    }
    if (dir === dirname(dir)) {
      return undefined;
    }
  }
}

/** Node.js documentation, "Conditional exports". */
function exportTarget(entry: unknown): string | undefined {
  if (typeof entry === 'string' || typeof entry !== 'object' || entry === null) {
    return typeof entry === 'string' ? entry : undefined;
  }
  const conditions = new Map<string, unknown>(Object.entries(entry));
  return CONDITIONS.map((name) => exportTarget(conditions.get(name))).find((target) => target !== undefined);
}

function splitSpecifier(specifier: string): { name: string; subpath: string } {
  const words = specifier.split('/');
  const count = specifier.startsWith('@') ? 2 : 1;
  return { name: words.slice(0, count).join('/'), subpath: ['.', ...words.slice(count)].join('/') };
}
