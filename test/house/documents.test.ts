/** Documents are part of the work: what they name must exist, and what exists must be named. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { HOST_VERSION } from '../../host/index.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const documents = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true }).map((name) => `docs/${name}`),
  ...readdirSync(join(ROOT, 'plugins'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `plugins/${entry.name}/README.md`),
].filter((name) => name.endsWith('.md'));

test('every error code has its section, and every section its code', () => {
  const declared = [...read('host/errors/plugin-error.ts').matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map((match) => match[1]);
  const described = [...read('docs/errors.md').matchAll(/^## (.+)$/gm)].map((match) => match[1]);
  expect(declared.length).toBeGreaterThan(20);
  expect(described).toEqual(declared);
});

describe('links lead somewhere', () => {
  for (const document of documents) {
    test(document, () => {
      const targets = [...read(document).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1] as string);
      const local = targets.filter((target) => !/^[a-z]+:/.test(target));
      const broken = local.filter((target) => !existsSync(join(ROOT, dirname(document), target)));
      expect(broken).toEqual([]);
    });
  }
});

test('every folder of host/ stands in ARCHITECTURE.md', () => {
  const architecture = read('ARCHITECTURE.md');
  const folders = readdirSync(join(ROOT, 'host'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.filter(({ name }) => !architecture.includes(`  ${name}/`)).map(({ name }) => name)).toEqual([]);
});

test('every runtime dependency is justified in docs/rationale.md', () => {
  const { dependencies, version } = JSON.parse(read('package.json'));
  const rationale = read('docs/rationale.md');
  expect(Object.keys(dependencies).filter((name) => !rationale.includes(`\`${name}\``))).toEqual([]);
  expect(Object.values(dependencies).filter((range) => !/^\d+\.\d+\.\d+$/.test(String(range)))).toEqual([]);
  expect(version).toBe(HOST_VERSION);
});
