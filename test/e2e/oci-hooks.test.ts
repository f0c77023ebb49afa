/** Programs of the host that run beside a container. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runHooks } from '../../host/engine/common/oci-hooks.js';
import { PluginError } from '../../host/index.js';
import type { OciHook } from '../../host/oci/index.js';

const state = { ociVersion: '1.0.2', id: 'c1', status: 'creating', bundle: '/', annotations: {} } as const;

const shell = (script: string, more: Partial<OciHook> = {}): OciHook => ({
  path: '/bin/sh',
  args: ['sh', '-c', script],
  ...more,
});

async function outcome(...hooks: OciHook[]): Promise<string> {
  try {
    await runHooks('prestart', hooks, state);
    return 'ok';
  } catch (error) {
    return error instanceof PluginError ? `${error.code} ${error.message}` : String(error);
  }
}

describe('a hook', () => {
  const cases = [
    { name: 'gets the state on its stdin', hook: shell('grep -q \'"id":"c1"\''), want: 'ok' },
    { name: 'that ignores its stdin is no failure', hook: shell('exec 0<&-; true'), want: 'ok' },
    {
      name: 'that fails is named with its exit code and its last words',
      hook: shell('echo no room >&2; exit 3'),
      want: 'ENGINE_FAILED Cannot run the prestart hook "/bin/sh": it ended with 3: no room',
    },
    {
      name: 'that is not there is named',
      hook: { path: '/nonexistent' },
      want: 'ENGINE_FAILED Cannot run the prestart hook "/nonexistent": ENOENT',
    },
    {
      name: 'is killed when its time is up',
      hook: shell('exec sleep 60', { timeout: 1 }),
      want: 'ENGINE_FAILED Cannot run the prestart hook "/bin/sh": it took longer than 1 s',
    },
    {
      name: 'may have more time than a timer of Node can measure',
      hook: shell('sleep 0.1', { timeout: 1e7 }),
      want: 'ok',
    },
  ];
  for (const { name, hook, want } of cases) {
    test(name, async () => {
      expect(await outcome(hook)).toBe(want);
    });
  }

  test('that fails keeps later ones from running', async () => {
    expect(await outcome(shell('exit 1'), { path: '/nonexistent' })).toContain('it ended with 1');
  });

  test('that leaves a process behind does not keep ours alive', async () => {
    const pipes = () => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
    const before = pipes();
    const left = join(mkdtempSync(join(tmpdir(), 'wasm-plugin-hooks-')), 'pids');
    const leave = `sleep 1000 & echo $! >> ${left}`;
    expect(await outcome(shell(`${leave}; exit 0`))).toBe('ok');
    expect(await outcome(shell(`${leave}; exit 1`))).toContain('it ended with 1');
    await expect.poll(pipes).toBe(before);
    const pids = readFileSync(left, 'utf8').trim().split('\n').map(Number);
    expect(pids.filter((pid) => process.kill(pid, 'SIGKILL'))).toHaveLength(2);
    rmSync(dirname(left), { recursive: true });
  });
});
