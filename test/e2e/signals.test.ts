/** Signals for `run`, sent to a real process: what reaches the command on every engine, and what the exit code says. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs } from '../../host/engine/index.js';

import { buildCommand } from '../support/built-command.js';
import { become, giveTo } from '../support/container.js';
import { combinations } from '../support/engines.js';

let folder: string;
let program: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-signals-'));
  chmodSync(folder, 0o755);
  program = buildCommand(join(folder, 'command'));
  buildTinyRootfs(join(folder, 'image'), ['sleep']);
  for (const identity of ['root', 'user'] as const) {
    mkdirSync(join(folder, identity));
    giveTo(identity, join(folder, identity));
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CLI_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;

/** What ends a command that has no handler for it. */
const ENDING = CLI_SIGNALS.filter((name) => name !== 'SIGWINCH');

for (const { engine, identity, possible } of combinations()) {
  describe.skipIf(!possible)(`a signal for run on ${engine} as ${identity}`, () => {
    const start = (script: string) => {
      const home = join(folder, identity);
      const options = ['run', '--engine', engine, join(folder, 'image'), 'sh', '-c', script];
      const [file, ...args] = [...become(identity), process.execPath, program, ...options];
      const child = spawn(file as string, args, {
        cwd: home,
        env: { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: home },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      return follow(child);
    };

    for (const signal of ENDING) {
      test(`${signal} ends a command without a handler, and the exit code tells`, async () => {
        const run = start('echo ready; while :; do :; done');
        await run.until('ready');
        run.kill(signal);
        expect(await run.ended).toEqual({ code: 128 + constants.signals[signal], signal: null });
      });
    }

    test('every one of them reaches a handler, as often as it comes', async () => {
      const traps = CLI_SIGNALS.map((name) => `trap "echo got ${name}" ${name.slice(3)}`).join('\n');
      const run = start(`${traps}\necho ready\nwhile [ ! -e /over ]; do sleep 0.02; done`);
      await run.until('ready');
      for (const signal of [...CLI_SIGNALS, 'SIGINT', 'SIGTERM'] as const) {
        run.kill(signal);
        await run.until(`got ${signal}`);
      }
      run.kill('SIGKILL');
      expect(await run.ended).toEqual({ code: null, signal: 'SIGKILL' });
      expect(run.text().match(/got/g)).toBeNull();
    });

    test('one that the command ignores does not end it, and a second one does not either', async () => {
      const run = start('trap "" TERM INT; echo ready; sleep 0.7; exit 4');
      await run.until('ready');
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM', 'SIGINT'] as const) {
        run.kill(signal);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(await run.ended).toEqual({ code: 4, signal: null });
    });

    test('one that comes at the very first is one for the command or for us, and ends both', async () => {
      for (const delayMs of [200, 400, 600]) {
        const run = start('echo ready; sleep 60 & wait');
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        run.kill('SIGTERM');
        const { code, signal } = await run.ended;
        expect([143, 'SIGTERM']).toContain(code ?? signal);
      }
    });
  });
}

/** What a process prints, from where one last looked. */
function follow(child: ChildProcess) {
  let text = '';
  const ended = new Promise<{ readonly code: number | null; readonly signal: string | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  return {
    ended,
    text: () => text,
    kill: (name: NodeJS.Signals) => void child.kill(name),
    async until(what: string): Promise<void> {
      for (let end = Date.now() + 20_000; !text.includes(what); ) {
        if (Date.now() > end) throw new Error(`${JSON.stringify(what)} does not come: ${JSON.stringify(text)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      text = text.slice(text.indexOf(what) + what.length);
    },
  };
}
