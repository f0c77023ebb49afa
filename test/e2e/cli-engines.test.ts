/** `run --engine` and `doctor`, as they are typed. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs } from '../../host/engine/index.js';
import { cli } from '../support/cli.js';
import { combinations } from '../support/engines.js';

const root = mkdtempSync(join(tmpdir(), 'wasm-plugin-cli-engines-'));
const env = { WASM_PLUGIN_STORE: join(root, 'store') };
const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  cli(['run', ...args], { cwd: root, env: { ...env, ...more } });

beforeAll(() => {
  mkdirSync(join(root, 'image'));
  buildTinyRootfs(join(root, 'image'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const me = process.getuid?.() === 0 ? 'root' : 'user';

for (const { engine, possible } of combinations().filter(({ identity }) => identity === me)) {
  describe.skipIf(!possible)(`run on ${engine}`, () => {
    test('passes on output and exit code, by option and by variable', async () => {
      const command = ['image', 'sh', '-c', 'echo hello; exit 7'];
      const wanted = { exitCode: 7, stdout: 'hello\n' };
      expect(await run(['--engine', engine, ...command])).toMatchObject(wanted);
      expect(await run(command, { WASM_PLUGIN_ENGINE: engine })).toMatchObject(wanted);
    });

    test('a command that is not there is 127', async () => {
      expect((await run(['--engine', engine, 'image', 'nope'])).exitCode).toBe(127);
    });

    test('doctor has run a container with it', async () => {
      const { stdout } = await cli(['doctor', '--json'], { cwd: root, env });
      const { engines } = JSON.parse(stdout) as { engines: { name: string; usable: boolean; problems: string[] }[] };
      expect(engines.find(({ name }) => name === engine)).toMatchObject({ usable: true, problems: [] });
    });
  });
}

test('the option wins over the variable, and a name that is none is told with those that are', async () => {
  const { exitCode, stderr } = await run(['--engine', 'docker', 'image', 'true'], { WASM_PLUGIN_ENGINE: 'builtin' });
  expect(exitCode).toBe(125);
  expect(stderr).toContain('cannot use the engine "docker": there is none of this name');
  expect(stderr).toMatch(/HINT: {4}Here are: .*builtin/);
});
