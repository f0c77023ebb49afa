/** Hooks that fail under the runtime entry: what docs/other-engines.md promises, with plugin and hook named, and nothing left. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AGAIN } from '../support/again.js';
import { buildCommand } from '../support/built-command.js';
import { cli } from '../support/cli.js';
import { eventually } from '../support/container.js';
import { CRASHING, FAILURES, packCrashing } from '../support/crashing.js';
import type { Podman, Ran } from '../support/podman.js';
import { canPodman, startPodman } from '../support/podman.js';

/** The ways to fail are tried out in crash-in-each-hook.test.ts; here it matters how each is passed on. */
const TYPICAL = FAILURES.filter(({ name }) => ['traps', 'exits', 'never ends', 'answers no msgpack'].includes(name));

const scenes = [
  { hook: 'engine-config', install: [], script: 'echo ran', exitCode: 126, stdout: '', told: true },
  {
    hook: 'engine-config',
    install: ['--optional'],
    script: 'echo ran; exit 7',
    exitCode: 7,
    stdout: 'ran\n',
    told: false,
  },
  { hook: 'post-start-process', install: [], script: 'sleep 100', exitCode: 137, stdout: '', told: false },
  {
    hook: 'monitor-container',
    install: [],
    script: 'sleep 1; echo ran; exit 7',
    exitCode: 7,
    stdout: 'ran\n',
    told: false,
  },
];

describe.skipIf(!canPodman('root'))('under podman', AGAIN, () => {
  let podman: Podman;
  let folder: string;
  let store: string;
  beforeAll(async () => {
    podman = await startPodman('root', { config: '[engine]\nruntime_supports_nocgroup = ["crun"]\n' });
    folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-crash-podman-'));
    store = join(folder, 'store');
    const words = ['--store', store, '--plugin-deadline', '1000', 'setup', 'podman', '--runtime', 'crun'];
    const command = buildCommand(join(folder, 'package'));
    const made = await podman.exec([process.execPath, command, ...words, '--dir', join(folder, 'programs')]);
    expect(made.exitCode, made.stderr).toBe(0);
  }, 300_000);
  afterEach(async () => expect(await podman.leftovers()).toEqual([]));
  afterAll(async () => {
    await podman?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const log = () =>
    existsSync(join(podman.state, 'oci.log')) ? readFileSync(join(podman.state, 'oci.log'), 'utf8') : '';
  const own = (...args: string[]) => cli(args, { cwd: folder, env: { WASM_PLUGIN_STORE: store } });

  for (const { hook, install, script, exitCode, stdout, told } of scenes) {
    for (const failure of TYPICAL) {
      test(`${install.length > 0 ? 'an optional plugin' : 'a plugin'} that ${failure.name} in ${hook}`, async () => {
        const sif = join(folder, 'crash.sif');
        writeFileSync(sif, await packCrashing({ hook, failure }));
        const installed = await own('install', '--yes', ...install, sif);
        expect(installed.exitCode, installed.stderr).toBe(0);
        const before = log().length;
        let ran: Ran;
        try {
          ran = await podman.run('wasm-plugin', [], script);
        } finally {
          expect((await own('uninstall', CRASHING)).exitCode).toBe(0);
        }
        expect([ran.exitCode, ran.stdout], `${ran.stderr}\n${log()}`).toEqual([exitCode, stdout]);
        const said = new RegExp(`"example\\.com/crash".*wasm-plugin:hook/${hook}@1\\.0\\.0`);
        if (told) expect(ran.stderr).toMatch(said);
        else expect(await eventually(() => said.test(log().slice(before))), log().slice(before)).toBe(true);
        const states = join(podman.state, 'at');
        const left = existsSync(states) ? readdirSync(states, { recursive: true, encoding: 'utf8' }) : [];
        expect(left.filter((name) => name.endsWith('.json'))).toEqual([]);
      });
    }
  }
});
