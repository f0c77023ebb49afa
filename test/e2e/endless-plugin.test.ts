/** A plugin that never answers, installed and enabled: `run` is later by its deadline and has one line more, and that is all. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs, defaultRunBase, probeEngines } from '../../host/engine/index.js';
import type { CliResult } from '../support/cli.js';
import { cli as runCli } from '../support/cli.js';
import { packPuppet } from '../support/puppet.js';

const [builtin] = probeEngines();
const usable = builtin?.usable === true;
if (!usable && process.env.CI === 'true') throw new Error(`No containers here: ${builtin?.problems.join('; ')}`);

const root = mkdtempSync(join(tmpdir(), 'wasm-plugin-endless-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Long enough for calls that are to be answered, on a machine with much else to do. */
const DEADLINE_MS = 1000;
const FOR_EVER = '(loop $for_ever (br $for_ever)) (unreachable)';
/** Answers with an empty map, but for requests with the letters `exit` in them: those of a container's end. */
const FOR_EVER_AT_EXIT = `(local $end i32)
  (local.set $end (i32.sub (i32.add (local.get $ptr) (local.get $len)) (i32.const 4)))
  (loop $next
    (if (i32.eq (i32.load align=1 (local.get $ptr)) (i32.const 0x74697865)) (then (loop $for_ever (br $for_ever))))
    (local.set $ptr (i32.add (local.get $ptr) (i32.const 1)))
    (br_if $next (i32.le_u (local.get $ptr) (local.get $end))))
  (i32.store8 (i32.const 3072) (i32.const 0x80))
  (call $answer (i32.const 0) (i32.const 3072) (i32.const 1))`;
const image = join(root, 'image');
/** Its own, since the folders of other tests come and go. */
const runtimeDir = join(root, 'xdg');
mkdirSync(runtimeDir, { mode: 0o700 });

/** A store of its own for each plugin. */
async function installed(
  hook: string,
  options: readonly string[],
  handle = FOR_EVER,
): Promise<(...args: string[]) => Promise<CliResult>> {
  const store = mkdtempSync(join(root, 'store-'));
  const cli = (...args: string[]): Promise<CliResult> =>
    runCli(args, {
      cwd: root,
      env: { XDG_RUNTIME_DIR: runtimeDir, WASM_PLUGIN_STORE: store, WASM_PLUGIN_DEADLINE: String(DEADLINE_MS) },
    });
  const file = join(root, `${hook}.sif`);
  writeFileSync(file, await packPuppet({ hook: `wasm-plugin:hook/${hook}@1.0.0`, parts: { handle } }));
  const result = await cli('install', '--yes', ...options, file);
  expect(result.exitCode, result.stderr).toBe(0);
  return cli;
}

const RUNS = defaultRunBase(runtimeDir, tmpdir(), process.getuid?.() ?? 0);
const runFolders = (): string[] => (existsSync(RUNS) ? readdirSync(RUNS) : []);

describe.skipIf(!usable)('an endless loop in', () => {
  beforeAll(() => {
    mkdirSync(image);
    buildTinyRootfs(image);
  });

  const loops = [
    {
      name: 'a hook that the container needs, which then does not start',
      hook: 'engine-config',
      options: [],
      want: { exitCode: 125, stdout: '' },
      line: /^ERROR: {3}.*"example\.com\/puppet".*ran longer than 1000 ms/m,
    },
    {
      name: 'the same hook of an optional plugin',
      hook: 'engine-config',
      options: ['--optional'],
      want: { exitCode: 7, stdout: 'hello\n' },
      line: /^WARNING: .*"example\.com\/puppet".*ran longer than 1000 ms/m,
    },
    {
      name: 'a monitor',
      hook: 'monitor-container',
      options: [],
      want: { exitCode: 7, stdout: 'hello\n' },
      line: /^WARNING: .*"example\.com\/puppet".*ran longer than 1000 ms/m,
    },
    {
      name: 'a monitor that hears of the end, whose exit code then counts',
      hook: 'monitor-container',
      handle: FOR_EVER_AT_EXIT,
      options: [],
      want: { exitCode: 7, stdout: 'hello\n' },
      line: /^WARNING: .*"example\.com\/puppet".*ran longer than 1000 ms/m,
    },
    {
      name: 'a hook after the start of an optional plugin',
      hook: 'post-start-process',
      options: ['--optional'],
      want: { exitCode: 7, stdout: 'hello\n' },
      line: /^WARNING: .*"example\.com\/puppet".*ran longer than 1000 ms/m,
    },
  ];
  test.each(loops)('$name', async ({ hook, handle, options, want, line }) => {
    const cli = await installed(hook, options, handle);
    const { exitCode, stdout, stderr } = await cli('run', image, 'sh', '-c', 'echo hello; exit 7');
    expect({ exitCode, stdout }, stderr).toEqual(want);
    expect(stderr).toMatch(line);
    expect(stderr.match(/ran longer/g)).toHaveLength(1);
    expect(runFolders()).toEqual([]);
  });
});

test('a deadline that is no number is refused before anything runs', async () => {
  const result = await runCli(['--plugin-deadline', '1e9', 'list'], { cwd: root, env: {} });
  expect(result.exitCode).toBe(0);
  const called = await runCli(['--plugin-deadline', '1e9', 'call', 'x.sif', 'command'], { cwd: root, env: {} });
  expect({ exitCode: called.exitCode, stderr: called.stderr }).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--plugin-deadline "1e9" is not a number of milliseconds'),
  });
});
