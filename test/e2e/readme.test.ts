/** What README.md shows, done as a newcomer and as an embedder would: with the packed package, in empty folders. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BIN = join(ROOT, 'dist/bin/wasm-plugin.js');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The first fenced block of `language` that holds `text`. */
function block(language: string, text: string): string {
  const found = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)].find(
    ([, name, code]) => name === language && code?.includes(text),
  );
  if (found?.[2] === undefined) {
    throw new Error(`README.md has no ${language} block with ${text}`);
  }
  return found[2];
}

let scratch = '';

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'wasm-plugin-readme-'));
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function run(file: string, args: readonly string[], cwd: string): string {
  const env = { ...process.env, WASM_PLUGIN_STORE: join(scratch, 'store'), npm_config_update_notifier: 'false' };
  return execFileSync(file, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const wasmPlugin = (cwd: string, ...args: string[]): string => run(process.execPath, [BIN, ...args], cwd);

describe('a first plugin', () => {
  test('the commands do what they show', () => {
    const commands = block('console', 'create hello').split('\n');
    for (const [i, line] of commands.entries()) {
      if (!line.startsWith('$ npx wasm-plugin ')) {
        continue;
      }
      const output = wasmPlugin(scratch, ...line.slice('$ npx wasm-plugin '.length).split(' '));
      const expected = commands[i + 1];
      if (expected !== undefined && expected !== '' && !expected.startsWith('$')) {
        expect(output).toBe(`${expected}\n`);
      }
    }
  });

  test("the project's own test passes", () => {
    const env = { ...process.env, WASM_PLUGIN: BIN };
    const output = execFileSync(process.execPath, ['test.mjs'], { cwd: join(scratch, 'hello'), env, encoding: 'utf8' });
    expect(output).toBe('ok\n');
  });

  test('one hook can be called as shown', () => {
    const [, input] = /--input '(.*)'/.exec(block('console', 'call hello/hello.sif')) ?? [];
    const output = wasmPlugin(scratch, 'call', 'hello/hello.sif', 'command', '--input', input as string);
    expect(JSON.parse(output)).toMatchObject({ stdout: 'Hello, Bob!\n' });
  });

  test('the plugin of the text compiles', () => {
    writeFileSync(join(scratch, 'hello/assembly/index.ts'), block('ts', 'addMount('));
    wasmPlugin(scratch, 'compile', 'hello');
    expect(wasmPlugin(scratch, 'inspect', '--long', 'hello/hello.sif')).toContain(
      'wasm-plugin:hook/engine-config@1.0.0',
    );
  });
});

describe('embedding', () => {
  let project = '';

  beforeAll(() => {
    const score = join(scratch, 'score');
    mkdirSync(join(score, 'assembly'), { recursive: true });
    writeFileSync(join(score, 'assembly/index.ts'), block('ts', '@hook('));
    const manifest = { name: 'example.com/score', author: 'A', version: '1.0.0', description: 'scores' };
    writeFileSync(join(score, 'plugin.json'), JSON.stringify(manifest));

    project = join(scratch, 'project');
    mkdirSync(project);
    wasmPlugin(scratch, 'compile', 'score', '--out', join(project, 'score.sif'));
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'embedder', private: true, type: 'module' }));
    const [tarball] = JSON.parse(run('npm', ['pack', '--json', '--silent', '--pack-destination', scratch, ROOT], ROOT));
    run('npm', ['install', '--no-audit', '--no-fund', '--silent', join(scratch, tarball.filename)], project);
    writeFileSync(join(project, 'index.ts'), block('ts', 'createHost'));
  });

  test('only what the runtime needs is installed', () => {
    const { dependencies } = JSON.parse(run('npm', ['ls', '--json', '--all'], project)).dependencies['wasm-plugin'];
    // npm lists optional peers too, without a version where they are not installed.
    const installed = Object.keys(dependencies).filter((name) => 'version' in dependencies[name]);
    expect(installed.sort()).toEqual(['@cfworker/json-schema', 'commander', 'msgpackr']);
  });

  test('the ten lines type-check against the installed package', () => {
    const options = [
      '--strict',
      '--noEmit',
      '--target',
      'es2023',
      '--module',
      'nodenext',
      '--types',
      'node',
      '--typeRoots',
    ];
    run(
      process.execPath,
      [join(ROOT, 'node_modules/typescript/bin/tsc'), ...options, join(ROOT, 'node_modules/@types'), 'index.ts'],
      project,
    );
  });

  test('the ten lines run', () => {
    // Node 20 does not run TypeScript; the block is JavaScript but for its name.
    writeFileSync(join(project, 'index.js'), block('ts', 'createHost'));
    expect(run(process.execPath, ['index.js'], project)).toBe('0.5\n');
  });

  test('the installed command lists, creates, and names the toolchain that compile needs', () => {
    const command = join(project, 'node_modules/.bin/wasm-plugin');
    expect(run(command, ['list'], project)).toContain('example.com/hello');
    run(command, ['create', join(project, 'mine'), 'example.com/mine'], project);
    expect(readFileSync(join(project, 'mine/plugin.json'), 'utf8')).toContain('example.com/mine');
    const outcome = (() => {
      try {
        return run(command, ['compile', join(scratch, 'score')], project);
      } catch (error) {
        return String((error as { stderr?: string }).stderr);
      }
    })();
    expect(outcome).toMatch(/ERROR: .*assemblyscript/);
  });
});
