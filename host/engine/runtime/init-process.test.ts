import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { sendSignal } from '../common/index.js';
import { withHandlersHeld, wouldBeLost } from './init-process.js';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A shell that has run `script`, and waits. */
async function shell(script: string): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn('/bin/sh', ['-c', `${script}; echo ready; read -r line`], { stdio: ['pipe', 'pipe', 'ignore'] });
  started.push(child);
  await once(child.stdout, 'data');
  return child as ChildProcess & { readonly pid: number };
}

const stateOf = (pid: number) => /^State:\s*(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];

async function stateDuring(pid: number, name: NodeJS.Signals): Promise<string | undefined> {
  let state: string | undefined;
  await withHandlersHeld(pid, name, () => {
    state = stateOf(pid);
  });
  return state;
}

describe('withHandlersHeld()', () => {
  test('stops a process that handles the signal, and lets it go on', async () => {
    const child = await shell('trap "exit 7" TERM');
    await withHandlersHeld(child.pid, 'SIGTERM', () => {
      expect(stateOf(child.pid)).toBe('T');
      sendSignal(child.pid, 'SIGTERM');
    });
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  test('leaves alone one that has no handler, and signals that end nothing', async () => {
    const child = await shell('trap : WINCH');
    expect(await stateDuring(child.pid, 'SIGTERM')).not.toBe('T');
    expect(await stateDuring(child.pid, 'SIGWINCH')).not.toBe('T');
  });

  test('does not wake one that somebody else has stopped', async () => {
    const child = await shell('trap : TERM');
    child.kill('SIGSTOP');
    await expect.poll(() => stateOf(child.pid)).toBe('T');
    expect(await stateDuring(child.pid, 'SIGTERM')).toBe('T');
    expect(stateOf(child.pid)).toBe('T');
  });

  test('acts all the same where there is no process any more', async () => {
    const child = await shell('true');
    child.kill('SIGKILL');
    await once(child, 'exit');
    let acted = 0;
    await withHandlersHeld(child.pid, 'SIGTERM', () => {
      acted += 1;
    });
    expect(acted).toBe(1);
  });
});

test('wouldBeLost() is what has neither a handler nor another use', async () => {
  const { pid } = await shell('trap : TERM; trap "" HUP');
  const lost = (['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGWINCH', 'SIGKILL'] as const).filter((name) =>
    wouldBeLost(pid, name),
  );
  expect(lost).toEqual(['SIGUSR1']);
});
