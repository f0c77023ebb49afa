/** `run --tty` in a real terminal, on every engine. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs } from '../../host/engine/index.js';
import { buildCommand } from '../support/built-command.js';
import { cli } from '../support/cli.js';
import { buildDriver, eventually, giveTo, isGone, ORDINARY_UID } from '../support/container.js';
import type { DriverOrder } from '../support/container-driver.js';
import { combinations } from '../support/engines.js';
import { needs } from '../support/need.js';
import type { TestTerminal } from '../support/terminal.js';
import { openTerminal } from '../support/terminal.js';

let folder: string;
let program: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-terminal-'));
  chmodSync(folder, 0o755);
  program = buildCommand(join(folder, 'command'));
  buildTinyRootfs(join(folder, 'image'), ['sleep', 'stty', 'tty', 'kill', 'cat', 'readlink', 'id', 'ls', 'sort']);
  for (const identity of ['root', 'user'] as const) {
    mkdirSync(join(folder, identity));
    giveTo(identity, join(folder, identity));
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_Z = '\u001a';

const possibleHere = needs('python3') && needs('script') && needs('stty');

for (const { engine, identity, possible } of combinations().filter(({ engine }) => engine !== 'crun')) {
  describe.skipIf(!possible || !possibleHere)(`run --tty on ${engine} as ${identity}`, () => {
    const opened: TestTerminal[] = [];
    afterEach(() => {
      for (const terminal of opened.splice(0)) terminal.close();
    });
    const open = async (options: readonly string[], command: readonly string[]) => {
      const home = join(folder, identity);
      const terminal = await openTerminal({
        argv: [process.execPath, program, 'run', '--engine', engine, ...options, join(folder, 'image'), ...command],
        env: { PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: home, TERM: 'xterm' },
        cwd: home,
        ...(identity === 'user' && process.getuid?.() === 0 ? { uid: ORDINARY_UID } : {}),
        rows: 33,
        columns: 101,
      });
      opened.push(terminal);
      return terminal;
    };
    const shell = (script: string) => open(['-it'], ['sh', '-c', script]);

    test('the command has a terminal of the size of ours, and its exit code is ours', async () => {
      const terminal = await shell('stty size; tty; echo err >&2; echo > /dev/tty && echo mine; exit 7');
      const { status, text } = await terminal.ended();
      expect({ status, text }).toEqual({ status: 7, text: '33 101\r\n/dev/pts/0\r\nerr\r\n\r\nmine\r\n' });
    });

    test.runIf(engine === 'runc')('the runtime knows the size before the command runs, not only after', async () => {
      const terminal = await open(['-t', '--name', `size-${identity}`], ['sh', '-c', 'echo ready; read -r line']);
      await terminal.until('ready');
      const [path = ''] = readdirSync(join(folder, identity), { recursive: true, encoding: 'utf8' }).filter((name) =>
        /^wasm-plugin-\d+\/[^/]*\/config\.json$/.test(name),
      );
      const { process } = JSON.parse(readFileSync(join(folder, identity, path), 'utf8'));
      expect(process).toMatchObject({ terminal: true, consoleSize: { height: 33, width: 101 } });
      await terminal.send('\r');
      expect((await terminal.ended()).status).toBe(0);
    });

    test('a shell has job control, and Ctrl-C, Ctrl-Z and Ctrl-D do what they do everywhere', async () => {
      const terminal = await open(['-t'], ['sh']);
      await terminal.until('[#$] $');
      const seconds = `50${process.pid}`;
      await terminal.send(`sh -c "echo u'p'; exec sleep ${seconds}"\r`);
      await terminal.until('up\r\n');
      await terminal.send(CTRL_Z);
      await terminal.until('Stopped.*[#$] $');
      await terminal.send('fg\r');
      await terminal.until('sleep 50');
      // The shell prints its line before it hands the terminal over.
      expect(await eventually(() => marked(seconds).some(isInForeground))).toBe(true);
      await terminal.send(CTRL_C);
      await terminal.until('[#$] $');
      await terminal.send('echo code $?; exit 9\r');
      await terminal.until('code 130');
      const { status, text } = await terminal.ended();
      expect([status, text]).toEqual([9, expect.not.stringContaining('annot')]);
    });

    test('a new size of ours is one of its terminal, and is told', async () => {
      const terminal = await shell('trap "stty size" WINCH; echo ready; while :; do sleep 0.05; done');
      await terminal.until('ready');
      await terminal.resize(44, 122);
      await terminal.until('44 122');
    });

    test('Ctrl-C comes once', async () => {
      const terminal = await shell(
        'trap "echo got" INT; echo ready; for i in 1 2 3 4 5 6 7 8; do sleep 0.1; done; echo over',
      );
      await terminal.until('ready');
      await terminal.send(CTRL_C);
      const { status, text } = await terminal.ended();
      expect(text.match(/got|over/g)).toEqual(['got', 'over']);
      expect(status).toBe(0);
    });

    test('Ctrl-C ends a command that has no handler, with its exit code, and our settings are back', async () => {
      const terminal = await open(['-t'], ['sh', '-c', 'echo ready; while :; do :; done']);
      const before = await terminal.modes();
      await terminal.until('ready');
      expect(await terminal.modes()).not.toBe(before);
      await terminal.send(CTRL_C);
      const { status } = await terminal.ended();
      expect([status, await terminal.modes()]).toEqual([130, before]);
    });

    test('Ctrl-Z stops nothing where nobody could go on, and Ctrl-D ends the input', async () => {
      const terminal = await shell('echo ready; cat; echo over; exit 3');
      await terminal.until('ready');
      await terminal.send(CTRL_Z);
      await terminal.send('typed\r');
      await terminal.until('typed.*typed');
      await terminal.send(CTRL_D);
      expect(await terminal.ended()).toMatchObject({ status: 3, text: expect.stringContaining('over') });
    });

    test('settings that the command makes are those of its terminal alone', async () => {
      const terminal = await shell('stty raw -echo; echo ready; sleep 0.3');
      const before = await terminal.modes();
      await terminal.until('ready');
      expect((await terminal.ended()).status).toBe(0);
      expect(await terminal.modes()).toBe(before);
    });

    test('a signal for us reaches the command', async () => {
      const terminal = await shell('trap "echo got; exit 5" TERM; echo ready; while :; do sleep 0.05; done');
      const before = await terminal.modes();
      await terminal.until('ready');
      process.kill(terminal.pid, 'SIGTERM');
      expect(await terminal.ended()).toMatchObject({ status: 5, text: expect.stringContaining('got') });
      expect(await terminal.modes()).toBe(before);
    });

    for (const { what, victims } of [
      { what: 'the command', victims: (all: Found[]) => all.filter(({ args }) => args[0] === 'sh') },
      { what: 'all of it', victims: (all: Found[]) => all },
    ]) {
      test(`SIGKILL for ${what} leaves nothing behind, nor our terminal without its settings`, async () => {
        const mark = `mark-${process.pid}-${engine}-${identity}`;
        const terminal = await open(['-t'], ['sh', '-c', 'stty raw; echo ready; sleep 60; :', mark]);
        const before = await terminal.modes();
        await terminal.until('ready');
        const found = victims(marked(mark));
        expect(found.length).toBeGreaterThan(0);
        // Some of them end the others.
        for (const { pid } of found) kill(pid);
        const { status } = await terminal.ended();
        expect([status, await terminal.modes()]).toEqual([137, before]);
        expect(await eventually(() => marked(mark).length === 0)).toBe(true);
      });
    }

    test('the end of our terminal is the end of a command that does not care', async () => {
      const mark = `hang-${process.pid}-${engine}-${identity}`;
      const terminal = await open(['-t'], ['sh', '-c', 'echo ready; while :; do sleep 1; done', mark]);
      await terminal.until('ready');
      terminal.hangUp();
      expect(await eventually(() => marked(mark).length === 0)).toBe(true);
    });

    test('it inherits nothing else', async () => {
      const terminal = await shell('ls /proc/$$/fd | while read -r n; do readlink /proc/$$/fd/$n; done | sort -u; :');
      const { text } = await terminal.ended();
      expect(text.split('\r\n').filter((line) => line !== '')).toEqual(['/dev/pts/0']);
    });
  });
}

describe('--tty is refused', () => {
  const cases = [
    { name: 'without a terminal', args: ['--tty'], says: '--tty needs a terminal as standard input and output' },
    { name: 'with --detach', args: ['-t', '--detach'], says: '--tty needs a terminal, and --detach leaves none' },
  ];
  for (const { name, args, says } of cases) {
    test(name, async () => {
      const { stderr, exitCode } = await cli(['run', ...args, join(folder, 'image'), 'true'], {
        cwd: folder,
        env: { WASM_PLUGIN_STORE: join(folder, 'store') },
      });
      expect(stderr).toContain(says);
      expect(exitCode).toBe(2);
    });
  }

  test.skipIf(!possibleHere)(
    'where standard input is closed, and by crun, which loses what a command prints last',
    async () => {
      const run = `'${process.execPath}' '${program}' run`;
      const image = `'${join(folder, 'image')}'`;
      const terminal = await openTerminal({
        argv: [
          'sh',
          '-c',
          `${run} -t ${image} true <&-; ${run} --engine crun -t ${image} true; ${run} ${image} sh -c 'echo ran' <&-`,
        ],
        env: { PATH: process.env.PATH ?? '', HOME: folder, XDG_RUNTIME_DIR: folder },
        cwd: folder,
      });
      const { text, status } = await terminal.ended();
      terminal.close();
      expect(text).toContain('--tty needs a terminal');
      if (needs('crun')) expect(text).toContain('annot give the container a terminal with crun');
      expect([text, status]).toEqual([expect.stringMatching(/ran\r\n$/), 0]);
    },
  );
});

const asRoot = combinations().filter(({ engine, identity }) => identity === 'root' && engine !== 'crun');
for (const { engine, possible } of asRoot) {
  test.skipIf(!possible || !possibleHere)(`another user can open the terminal of a command on ${engine}`, async () => {
    const script = 'id -u; tty; echo opened > /dev/stderr; echo typed > /dev/tty';
    const order: DriverOrder = {
      ...{ engine, rootfs: join(folder, 'image'), runBase: join(folder, `runs-${engine}`) },
      options: { command: ['sh', '-c', script], terminal: true, user: { uid: 1234, gid: 1234 } },
    };
    const terminal = await openTerminal({
      argv: ['sh', '-c', 'exec "$@" 3>/dev/null', 'sh', process.execPath, buildDriver(folder), JSON.stringify(order)],
      env: { PATH: process.env.PATH ?? '' },
      cwd: folder,
    });
    const { text } = await terminal.ended();
    terminal.close();
    expect(text).toBe('1234\r\n/dev/pts/0\r\nopened\r\ntyped\r\n');
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** It runs, in the process group that its terminal sends Ctrl-C to. */
function isInForeground({ pid }: Found): boolean {
  const [state, , group, , , foreground] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return state !== 'T' && group === foreground;
}

interface Found {
  readonly pid: number;
  readonly args: readonly string[];
}

/** Living processes of a container, by a word in its command; without the program that runs it and its test. */
function marked(mark: string): Found[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && !isGone(Number(name)))
    .flatMap((name) => {
      const args = commandLine(name);
      const isOurs = args.some((arg) => arg.includes(mark)) && !/node|python/.test(args[0] ?? '');
      return isOurs ? [{ pid: Number(name), args }] : [];
    });
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
