/** Every hook fails in every way: the outcome that docs/hooks.md promises, one line with plugin and hook, and nothing left. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs, defaultRunBase } from '../../host/engine/index.js';
import type { Manifest } from '../../host/package/index.js';
import { cli as runCli } from '../support/cli.js';
import { canContain, eventually } from '../support/container.js';
import { CRASHING, FAILURES, packCrashing } from '../support/crashing.js';
import { leftOf, NOTHING } from '../support/engines.js';
import { needs } from '../support/need.js';

/** Long enough for calls that are to be answered, on a machine with much else to do. */
const DEADLINE_MS = 1000;
const me = process.getuid?.() === 0 ? 'root' : 'user';
const usable = canContain(me);
const root = mkdtempSync(join(tmpdir(), 'wasm-plugin-crash-'));
const image = join(root, 'image');
// Runs of other tests come and go elsewhere.
const runtimeDir = join(root, 'xdg');
const temporary = join(root, 'tmp');
for (const folder of [runtimeDir, temporary, image]) mkdirSync(folder, { mode: 0o700 });
const runBase = defaultRunBase(runtimeDir, temporary, process.getuid?.() ?? 0);
const before = { XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR, TMPDIR: process.env.TMPDIR };
beforeAll(() => {
  Object.assign(process.env, { XDG_RUNTIME_DIR: runtimeDir, TMPDIR: temporary });
  buildTinyRootfs(image);
  mkdirSync(join(root, 'out'));
  writeFileSync(join(root, 'odd.img'), 'of no kind that is known');
});
afterAll(() => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  rmSync(root, { recursive: true, force: true });
});

interface Scene {
  readonly name: string;
  readonly hook: string;
  /** Four letters of the requests in which it fails. */
  readonly only?: string;
  readonly install?: readonly string[];
  readonly contributes?: Partial<Manifest['contributes']>;
  /** Default: a container that leaves a mark and exits with 7. */
  readonly words?: readonly string[];
  readonly uid?: number;
  readonly exitCode: number;
  /** Whether the command of the container got to leave its mark; undefined where that is a matter of time. */
  readonly ran: boolean | undefined;
  readonly level: 'ERROR' | 'WARNING';
  /** Engines that it is tried on. Default: builtin, where the engine has no part in it. */
  readonly engines?: readonly string[];
  /** Names of failures that it cannot have here. */
  readonly without?: readonly string[];
}

const ENGINES = ['builtin', ...(needs('crun') ? ['crun'] : [])];
const RUN = ['--bind', 'out:/out', 'image', 'sh', '-c', 'echo > /out/mark; exit 7'];
const phase = (one: 'before' | 'after') => ({ phases: [{ command: 'run', phases: [one] }] });
const scenes: Scene[] = [
  {
    name: 'before a command: it does not run',
    hook: 'command',
    contributes: phase('before'),
    exitCode: 125,
    ran: false,
    level: 'ERROR',
  },
  {
    name: 'after a command: it has run',
    hook: 'command',
    contributes: phase('after'),
    exitCode: 7,
    ran: true,
    level: 'WARNING',
  },
  {
    name: 'its own command: that fails',
    hook: 'command',
    contributes: { commands: [{ path: 'crash', summary: 'crash' }] },
    words: ['crash'],
    exitCode: 1,
    ran: false,
    level: 'ERROR',
  },
  {
    name: 'the config: the container does not start',
    hook: 'engine-config',
    exitCode: 125,
    ran: false,
    level: 'ERROR',
    engines: ENGINES,
  },
  {
    name: 'the config, and is optional: the container goes without it',
    hook: 'engine-config',
    install: ['--optional'],
    exitCode: 7,
    ran: true,
    level: 'WARNING',
    engines: ENGINES,
  },
  {
    name: 'after the start: the container is ended',
    hook: 'post-start-process',
    words: ['run', 'image', 'sleep', '1000'],
    exitCode: 125,
    ran: false,
    level: 'ERROR',
    engines: ENGINES,
  },
  {
    name: 'as a monitor: the container goes on',
    hook: 'monitor-container',
    exitCode: 7,
    ran: true,
    level: 'WARNING',
    engines: ENGINES,
  },
  {
    name: 'as the exclusive monitor, at the end: the exit code is the container’s',
    hook: 'monitor-container',
    only: 'exit',
    exitCode: 7,
    ran: true,
    level: 'WARNING',
    engines: ENGINES,
  },
  {
    name: 'probing an image: it is of no kind',
    hook: 'image-driver',
    words: ['run', 'odd.img', 'true'],
    exitCode: 125,
    ran: false,
    level: 'WARNING',
  },
  {
    name: 'unpacking an image: nothing of it stays',
    hook: 'image-driver',
    only: 'unpa',
    words: ['run', 'odd.img', 'true'],
    exitCode: 125,
    ran: false,
    level: 'ERROR',
    // Unpacking has ten minutes.
    without: ['never ends'],
  },
  {
    name: 'mapping ids: the run is refused',
    hook: 'user-mapping',
    words: ['run', '--fakeroot', 'image', 'true'],
    uid: 1000,
    exitCode: 125,
    ran: false,
    level: 'ERROR',
  },
];

for (const scene of scenes) {
  for (const engine of scene.engines ?? ['builtin']) {
    describe.skipIf(!usable)(`${scene.hook} on ${engine} fails ${scene.name}`, () => {
      for (const failure of FAILURES.filter(({ name }) => scene.without?.includes(name) !== true)) {
        test(failure.name, async () => {
          const { hook, only, contributes, install = [], words = ['run', ...RUN], uid } = scene;
          const store = mkdtempSync(join(root, 'store-'));
          const env = {
            XDG_RUNTIME_DIR: runtimeDir,
            WASM_PLUGIN_STORE: store,
            WASM_PLUGIN_DEADLINE: String(DEADLINE_MS),
            WASM_PLUGIN_ENGINE: engine,
          };
          const sif = join(store, 'crash.sif');
          const manifest = { contributes: { commands: [], flags: [], phases: [], ...contributes } };
          const options = only === undefined ? { manifest } : { manifest, only };
          writeFileSync(sif, await packCrashing({ hook, failure, ...options }));
          expect(await runCli(['install', '--yes', ...install, sif], { cwd: root, env })).toMatchObject({
            exitCode: 0,
          });

          const result = await runCli(words, { cwd: root, env, ...(uid === undefined ? {} : { uid }) });
          expect([result.exitCode, result.stdout], result.stderr).toEqual([scene.exitCode, '']);
          const said = result.stderr.split('\n').filter((line) => line.includes(CRASHING));
          expect(said, result.stderr).toHaveLength(1);
          expect(said[0]).toMatch(new RegExp(`^${scene.level}: .*wasm-plugin:hook/${hook}@1\\.0\\.0`));
          expect(result.stderr).not.toContain('Internal error');
          const mark = join(root, 'out/mark');
          if (scene.ran !== undefined) expect(existsSync(mark)).toBe(scene.ran);
          rmSync(mark, { force: true });
          // Who removes it all is itself on its way out.
          await eventually(() => JSON.stringify(leftOf(runBase, root)) === JSON.stringify(NOTHING));
          expect(leftOf(runBase, root)).toEqual(NOTHING);
          expect(readdirSync(temporary)).toEqual([]);
          // It can still be looked at and removed.
          expect(await runCli(['uninstall', CRASHING], { cwd: root, env })).toMatchObject({ exitCode: 0 });
        });
      }
    });
  }
}

describe('lifecycle fails at an install, which is rolled back', () => {
  for (const failure of FAILURES) {
    test(failure.name, async () => {
      const store = mkdtempSync(join(root, 'store-'));
      const env = { WASM_PLUGIN_STORE: store, WASM_PLUGIN_DEADLINE: String(DEADLINE_MS) };
      const sif = join(root, 'lifecycle.sif');
      writeFileSync(sif, await packCrashing({ hook: 'lifecycle', failure }));
      const { exitCode, stderr } = await runCli(['install', '--yes', sif], { cwd: root, env });
      expect(exitCode).toBe(1);
      const errors = stderr.split('\n').filter((line) => line.startsWith('ERROR'));
      expect(errors).toEqual([expect.stringMatching(/"example\.com\/crash".*wasm-plugin:hook\/lifecycle@1\.0\.0/)]);
      expect((await runCli(['list'], { cwd: root, env })).stdout).toBe('There are no plugins installed.\n');
    });
  }
});
