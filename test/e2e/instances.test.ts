/** Containers that are left running: `run --detach`, `ps`, `stop`, `logs`, `cleanup`, as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs, startTimeOf } from '../../host/engine/index.js';
import { buildCommand } from '../support/built-command.js';
import { createPacker } from '../support/cli-package.js';
import type { Identity } from '../support/container.js';
import { become, giveTo, isGone, ORDINARY_UID } from '../support/container.js';
import { combinations, leftOf, NOTHING } from '../support/engines.js';
import { compileExample } from '../support/example-plugin.js';
import { settle } from '../support/leftovers.js';
import { needs } from '../support/need.js';

const root = mkdtempSync(join(tmpdir(), 'wasm-plugin-instances-'));
const me = process.getuid?.() === 0 ? 'root' : 'user';
let command: string;
let sif: string;
let monitor: string;

beforeAll(async () => {
  chmodSync(root, 0o755);
  command = buildCommand(join(root, 'package'));
  monitor = join(root, 'monitor.sif');
  writeFileSync(monitor, await compileExample('monitor-plugin'));
  sif = (await createPacker(root)).pack({
    name: 'example.com/watch',
    requests: ['config:env'],
    monitor: 'exclusive',
    contributes: {
      flags: [
        { name: 'site', type: 'string', usage: 'site', commands: ['run'] },
        { name: 'abort', type: 'bool', usage: 'refuse', commands: ['run'] },
      ],
      phases: [{ command: 'run', phases: ['before', 'after'] }],
    },
    settings: { type: 'object', properties: { refuse: { type: 'boolean' }, flip: { type: 'boolean' } } },
  });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Result {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function resultOf(child: ChildProcess): Promise<Result> {
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // Its streams, too: a supervisor that kept one of them open would be waited for until the test fails.
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}

async function until<T>(look: () => Promise<T>): Promise<T> {
  const end = Date.now() + 120_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`It never came: ${look}`);
    await sleep(50);
  }
}

function uidOf(identity: Identity): number {
  return identity === me ? process.getuid!() : ORDINARY_UID;
}

interface Listed {
  readonly name: string;
  readonly status: string;
  readonly exitCode: number | null;
  readonly pid: number;
  readonly supervisor: number;
  readonly engine: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly log: string;
}

/** Tells that it runs, says what TERM does, and goes on. */
const LOYAL = ['sh', '-c', 'trap "echo bye; exit 3" TERM; echo hello; while :; do sleep 0.05; done'];

const all = combinations().filter(
  ({ engine, identity }) => engine === 'builtin' || (engine === 'crun' && identity === me),
);

for (const { engine, identity, possible } of all) {
  describe.skipIf(!possible)(`${engine} as ${identity}`, () => {
    const home = join(root, `${engine}-${identity}`);
    const runtime = join(home, 'runtime');
    const base = join(runtime, `wasm-plugin-${uidOf(identity)}`);
    const env = {
      PATH: process.env.PATH,
      XDG_RUNTIME_DIR: runtime,
      WASM_PLUGIN_STORE: join(home, 'store'),
      WASM_PLUGIN_ENGINE: engine,
    };
    const start = (args: readonly string[]): ChildProcess => {
      const [file, ...words] = [...become(identity), process.execPath, command, ...args];
      // A group of its own, so that a signal for it is as one from a terminal.
      return spawn(file!, words, { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    };
    const wp = (...args: string[]) => resultOf(start(args));
    const ps = async (...more: string[]) => JSON.parse((await wp('ps', '--json', ...more)).stdout) as Listed[];
    const detach = async (name: string, ...words: string[]) => {
      const result = await wp('run', '--detach', '--name', name, 'image', ...words);
      expect(result).toEqual({ exitCode: 0, stdout: `${name}\n`, stderr: expect.not.stringContaining('ERROR') });
    };
    const ended = (name: string) =>
      until(async () => (await ps('--all')).find((one) => one.name === name && one.exitCode !== null));
    const nothing = async () => {
      await settle(() => Object.values(leftOf(base, root)).flat());
      expect(leftOf(base, root)).toEqual(NOTHING);
    };

    beforeAll(async () => {
      mkdirSync(runtime, { recursive: true });
      buildTinyRootfs(join(home, 'image'));
      giveTo(identity, home);
      expect((await wp('install', '--yes', sif)).exitCode).toBe(0);
    });

    test('a life: started, listed, read, stopped, remembered, forgotten', async () => {
      await detach('web', ...LOYAL);
      const [web, ...others] = await ps();
      expect(others).toEqual([]);
      expect(web).toMatchObject({
        name: 'web',
        image: 'image',
        command: LOYAL,
        status: 'running',
        engine,
        exitCode: null,
      });
      expect(startTimeOf(web!.pid)).toBeDefined();
      await until(async () => (await wp('logs', 'web')).stdout === 'hello\n');
      expect((await wp('ps')).stdout).toMatch(/^NAME +IMAGE.*\nweb +image +sh -c trap .*… +\w+ +\d+ +\S+Z +running\n$/);

      expect(await wp('stop', 'web')).toEqual({ exitCode: 0, stdout: 'web exited with code 3\n', stderr: '' });
      expect(isGone(web!.pid)).toBe(true);
      expect(await ps()).toEqual([]);
      expect(await ps('--all')).toMatchObject([{ name: 'web', status: 'exited', exitCode: 3 }]);
      // The last of it are the words of a plugin in the `after` phase.
      expect((await wp('logs', 'web')).stdout).toBe('hello\nbye\nafter: 3\n');
      // Twice is once.
      expect((await wp('stop', 'web')).stdout).toBe('web exited with code 3\n');

      expect((await wp('cleanup')).stdout).toBe('');
      expect((await wp('cleanup', '--all')).stdout).toBe('Removed record and log of "web", which exited with code 3\n');
      await nothing();
    });

    test('what is told of one that ends by itself, with an id of ours; a monitor’s exit code', async () => {
      const { stdout: id } = await wp('run', '--detach', 'image', 'sh', '-c', 'echo out; echo err >&2; exit 7');
      expect(id).toMatch(/^wp-[0-9a-f]{12}\n$/);
      expect(await ended(id.trim())).toMatchObject({ exitCode: 7 });
      expect((await wp('logs', id.trim())).stdout.split('\n').sort()).toEqual(['', 'after: 7', 'err', 'out']);
      await wp('config', 'example.com/watch', 'flip=yes');
      await detach('flipped', 'true');
      expect(await ended('flipped')).toMatchObject({ exitCode: 77 });
      await wp('config', 'example.com/watch', '--unset', 'flip');
      await wp('cleanup', '--all');
      await nothing();
    });

    test('a name is taken while it runs, and free again then; of two at once one gets it', async () => {
      await detach('one', ...LOYAL);
      const again = await wp('run', '--detach', '--name', 'one', 'image', 'true');
      expect(again).toMatchObject({ exitCode: 125, stdout: '' });
      expect(again.stderr).toContain('cannot create container "one": it is running');
      await wp('stop', 'one');
      const both = await Promise.all([1, 2].map(() => wp('run', '--detach', '--name', 'one', 'image', ...LOYAL)));
      expect(both.map(({ exitCode }) => exitCode).sort()).toEqual([0, 125]);
      await detach('two', ...LOYAL);
      expect((await ps()).map(({ name, status }) => [name, status])).toEqual([
        ['one', 'running'],
        ['two', 'running'],
      ]);
      const stopped = await wp('stop', 'one', 'no-such', 'two');
      expect(stopped.exitCode).toBe(1);
      expect(stopped.stdout.split('\n').sort()).toEqual(['', 'one exited with code 3', 'two exited with code 3']);
      expect(stopped.stderr).toContain('There is no detached container "no-such"');
      await wp('cleanup', '--all');
      await nothing();
    });

    const failures = [
      { name: 'an image that is gone', args: ['nowhere', 'true'], error: '/nowhere": there is no such file or folder' },
      { name: 'a plugin’s veto before it', args: ['--abort', 'image', 'true'], error: 'because --abort was given' },
      { name: 'a plugin’s veto when it runs', set: 'refuse', args: ['image', ...LOYAL], error: 'refused by setting' },
      { name: 'a name that is none', args: ['--name', '../x', 'image', 'true'], error: 'the container id "../x"' },
      { name: 'a bind of nothing', args: ['--bind', ':/x', 'image', 'true'], error: 'there is no source', exitCode: 2 },
      { name: 'a dry run', args: ['--dry-run', 'image', 'true'], error: '--dry-run starts nothing', exitCode: 2 },
    ];
    for (const { name, args, set, error, exitCode = 125 } of failures) {
      test(`the caller hears of ${name}, and nothing stays`, async () => {
        if (set !== undefined) await wp('config', 'example.com/watch', `${set}=yes`);
        const result = await wp('run', '--detach', ...args);
        if (set !== undefined) await wp('config', 'example.com/watch', '--unset', set);
        expect(result).toMatchObject({ exitCode, stdout: '' });
        expect(result.stderr).toContain(error);
        expect(result.stderr.match(/^ERROR:/gm)).toHaveLength(1);
        expect(await ps('--all')).toEqual([]);
        await nothing();
      });
    }

    test('a supervisor that is killed takes the container along: ps says so, cleanup leaves nothing', async () => {
      await detach('doomed', ...LOYAL);
      const [{ pid, supervisor }] = (await ps()) as [Listed];
      process.kill(supervisor, 'SIGKILL');
      await until(async () => isGone(pid) && isGone(supervisor));
      expect(await ps()).toMatchObject([{ name: 'doomed', status: 'lost', exitCode: null }]);
      const stopped = await wp('stop', 'doomed');
      expect(stopped).toMatchObject({ exitCode: 1, stdout: '' });
      expect(stopped.stderr).toContain('nobody knows how it ended');
      expect((await wp('cleanup')).stdout).toContain('Removed record and log of "doomed", which was lost\n');
      await nothing();
    });

    test('Ctrl-C and a hang-up where it was typed do nothing to it', async () => {
      const parent = start(['run', '--detach', '--name', 'calm', 'image', ...LOYAL]);
      let alive = true;
      parent.once('exit', () => {
        alive = false;
      });
      expect((await resultOf(parent)).stdout).toBe('calm\n');
      expect(alive).toBe(false);
      for (const signal of ['SIGINT', 'SIGHUP'] as const) {
        try {
          process.kill(-parent.pid!, signal);
        } catch {
          // Nobody is left in the group, as it should be.
        }
      }
      expect(await ps()).toMatchObject([{ status: 'running' }]);
      await wp('stop', 'calm');
      await wp('cleanup', '--all');
      await nothing();
    });

    test('a monitor hears of its start, of signals and of its end, long after the terminal is gone', async () => {
      const own = join(home, 'monitored');
      const monitored = (...args: string[]) => wp('--store', own, ...args);
      expect((await monitored('install', '--yes', monitor)).exitCode).toBe(0);
      expect((await monitored('config', 'example.com/monitor-plugin', 'tickMs=100')).exitCode).toBe(0);
      const { stdout, stderr } = await monitored('run', '--detach', '--name', 'seen', 'image', ...LOYAL);
      expect([stdout, stderr]).toEqual(['seen\n', '']);
      const read = async () => (await wp('logs', 'seen')).stdout;
      await until(async () => (await read()).includes('alive for'));
      await wp('stop', 'seen');
      const heard = (await read()).match(/started, pid|alive for|gets \w+|exited with \d+/g);
      expect([...new Set(heard)]).toEqual(['started, pid', 'alive for', 'gets SIGTERM', 'exited with 3']);
      await wp('cleanup', '--all');
      await nothing();
    });

    test('stop ends one that does not listen', async () => {
      await detach('deaf', 'sh', '-c', 'trap "" TERM; while :; do sleep 0.05; done');
      const { stdout } = await wp('stop', '--time', '1', 'deaf');
      expect(stdout).toBe('deaf exited with code 137\n');
      expect((await wp('stop', '--time', 'soon', 'deaf')).exitCode).toBe(2);
      await wp('cleanup', '--all');
      await nothing();
    });

    test('logs follow to the end, and give a pipe the bytes and a terminal none that move its cursor', async () => {
      await detach('talker', 'sh', '-c', 'for n in 1 2 3 4 5; do printf "\\033[2J%s\\n" $n; sleep 0.2; done');
      const { stdout } = await wp('logs', '--follow', 'talker');
      expect(stdout).toBe(`${[1, 2, 3, 4, 5].map((n) => `\u001b[2J${n}\n`).join('')}after: 0\n`);
      if (needs('script')) {
        const words = [process.execPath, command, 'logs', 'talker'].join(' ');
        const [file, ...more] = [...become(identity), 'script', '-qec', words, '/dev/null'];
        const seen = await resultOf(
          spawn(file!, more, { env: { ...env, TERM: 'dumb' }, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] }),
        );
        expect(seen.stdout).toContain('[2J5');
        expect(seen.stdout).not.toContain('\u001b');
      }
      await wp('cleanup', '--all');
      await nothing();
    });

    test('a record whose process’s number is another’s now is lost, and stop leaves that one alone', async () => {
      await detach('first', 'true');
      await ended('first');
      const [from, to] = ['first', 'stale'].map((name) => join(base, `inst-${name}`)) as [string, string];
      cpSync(from, to, { recursive: true });
      const { exit: _, supervisor, ...record } = JSON.parse(readFileSync(join(from, 'record.json'), 'utf8'));
      const bystander = spawn('sleep', ['100'], { stdio: 'ignore' });
      const stale = { ...record, id: 'stale', supervisor: { ...supervisor, pid: bystander.pid } };
      writeFileSync(join(to, 'record.json'), JSON.stringify(stale));
      giveTo(identity, to);
      expect(await ps()).toMatchObject([{ name: 'stale', status: 'lost' }]);
      expect((await wp('stop', 'stale')).exitCode).toBe(1);
      expect(isGone(bystander.pid!)).toBe(false);
      bystander.kill();
      // And one that is no record at all.
      writeFileSync(join(from, 'record.json'), '{"id":');
      expect((await wp('cleanup', '--all')).stdout).toBe('Removed record and log of "stale", which was lost\n');
      await detach('first', 'true');
      await ended('first');
      await wp('cleanup', '--all');
      await nothing();
    });

    test('nothing of it is open to others, and the supervisor holds nothing of its caller', async () => {
      await detach('closed', ...LOYAL);
      const [{ supervisor, log }] = (await ps()) as [Listed];
      const mode = (path: string) => statSync(path).mode & 0o777;
      expect([mode(base), mode(join(log, '..')), mode(log)]).toEqual([0o700, 0o700, 0o600]);
      expect([0, 1, 2].map((fd) => readlinkSync(`/proc/${supervisor}/fd/${fd}`))).toEqual(['/dev/null', log, log]);
      expect(readlinkSync(`/proc/${supervisor}/cwd`)).toBe('/');
      await wp('stop', 'closed');
      await wp('cleanup', '--all');
      await nothing();
    });
  });
}
