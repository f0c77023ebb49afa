/** Holds the arrows of ARCHITECTURE.md: a folder of host/ imports only what stands below it, and only through its door. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const HOST = fileURLToPath(new URL('../../host', import.meta.url));

/** Each folder with those it may import. What is not in the list is refused, so an arrow can only be added here. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  folders: [],
  abi: ['errors'],
  grant: ['errors'],
  oci: ['errors'],
  sif: ['errors'],
  component: ['errors'],
  'source-map': [],
  sandbox: ['abi', 'component', 'source-map', 'errors'],
  capability: ['abi', 'grant', 'sandbox', 'errors'],
  package: ['sif', 'component', 'grant', 'errors'],
  store: ['package', 'grant', 'folders', 'errors'],
  runtime: ['sandbox', 'capability', 'package', 'grant', 'abi', 'errors'],
  dispatch: ['runtime', 'package', 'grant', 'oci', 'abi', 'errors'],
  shim: ['abi', 'folders', 'errors'],
  engine: ['dispatch', 'capability', 'oci', 'sif', 'abi', 'folders', 'errors'],
  compile: ['package', 'sandbox', 'abi', 'component', 'source-map', 'errors'],
  cli: [
    'shim',
    'engine',
    'compile',
    'dispatch',
    'runtime',
    'store',
    'package',
    'capability',
    'grant',
    'sandbox',
    'component',
    'oci',
    'abi',
    'sif',
    'folders',
    'errors',
  ],
  'index.ts': ['runtime', 'package', 'abi', 'errors'],
};

interface Import {
  readonly file: string;
  readonly target: string;
}

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      return sources(path);
    }
    return path.endsWith('.ts') && !path.endsWith('.test.ts') ? [path] : [];
  });
}

const IMPORT = /(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g;

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => ({
    file: relative(HOST, file),
    target: relative(HOST, resolve(dirname(file), match[1] as string)),
  }));
}

const folderOf = (path: string): string => path.split('/')[0] as string;
const all = sources(HOST).flatMap(importsOf);
const across = all.filter(({ file, target }) => folderOf(file) !== folderOf(target));

describe('import directions', () => {
  test('there are imports to look at', () => {
    expect(across.length).toBeGreaterThan(20);
  });

  test('every folder has its arrows', () => {
    expect(readdirSync(HOST).filter((name) => !Object.hasOwn(ARROWS, name))).toEqual([]);
  });

  test('no folder imports one above it', () => {
    const upward = across.filter(({ file, target }) => !ARROWS[folderOf(file)]?.includes(folderOf(target)));
    expect(upward.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
  });

  test('folders are entered through index.ts only', () => {
    const around = across.filter(({ target }) => !/^[a-z-]+\/index\.js$/.test(target));
    expect(around.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
  });

  test('the arrows have no cycle', () => {
    const visit = (name: string, path: readonly string[]): void => {
      expect(path, `cycle through ${name}`).not.toContain(name);
      for (const next of ARROWS[name] ?? []) {
        visit(next, [...path, name]);
      }
    };
    for (const name of Object.keys(ARROWS)) {
      visit(name, []);
    }
  });
});
