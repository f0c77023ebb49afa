/** The examples of docs/embedding.md, run as they stand: each prints what the block behind it says. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileProject } from '../../host/compile/index.js';
import { LIMITS } from '../../host/runtime/limits.js';
import { packPuppet } from '../support/puppet.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(join(ROOT, 'docs/embedding.md'), 'utf8');
const examples = [...text.matchAll(/```ts\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)].map(([, code, output]) => ({
  name: /await (?:\w+\.)?(\w+)\(/.exec(code as string)?.[1],
  code: code as string,
  output: output as string,
}));

const project = mkdtempSync(join(tmpdir(), 'wasm-plugin-embedding-'));
afterAll(() => rmSync(project, { recursive: true, force: true }));

beforeAll(async () => {
  const source = join(project, 'score');
  mkdirSync(join(source, 'assembly'), { recursive: true });
  const [, plugin] = /```ts\n(import \{ Value \}[\s\S]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? [];
  writeFileSync(join(source, 'assembly/index.ts'), plugin as string);
  const manifest = { name: 'example.com/score', author: 'A', version: '1.0.0', description: 'scores' };
  writeFileSync(join(source, 'plugin.json'), JSON.stringify(manifest));
  const { bytes } = await compileProject(source, { out: join(project, 'score.sif') });
  writeFileSync(join(project, 'score.sif'), bytes);
  const handle = '(loop $for_ever (br $for_ever)) (unreachable)';
  const loop = await packPuppet({ manifest: { name: 'example.com/loop' }, parts: { handle } });
  writeFileSync(join(project, 'loop.sif'), loop);
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(ROOT, join(project, 'node_modules/wasm-plugin'));
});

test('there are examples', () => {
  expect(examples).toHaveLength(3);
});

describe('an example prints what stands below it', () => {
  for (const [i, { code, output }] of examples.entries()) {
    test(`number ${i + 1}`, () => {
      // JavaScript but for its name, which Node 20 does not run.
      const file = join(project, `example-${i}.mjs`);
      writeFileSync(file, code);
      expect(execFileSync(process.execPath, [file], { cwd: project, encoding: 'utf8' })).toBe(output);
    });
  }
});

test('the table lists every limit with its default', () => {
  const rows = [...text.matchAll(/^\| `(\w+)` \| [^|]+ \| ([\d,]+|not counted) \|/gm)].map(([, name, value]) => [
    name,
    value === 'not counted' ? undefined : Number(String(value).replaceAll(',', '')),
  ]);
  const limits = Object.entries(LIMITS).map(([name, limit]) => [name, limit.default]);
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(limits));
});
