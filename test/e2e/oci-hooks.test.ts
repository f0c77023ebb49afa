/** Programs of the host that run beside a container. */
import { setTimeout as sleep } from 'node:timers/promises';
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
    expect(await outcome(shell('sleep 5 & exit 0'))).toBe('ok');
    expect(await outcome(shell('sleep 5 & exit 1'))).toContain('it ended with 1');
    await sleep(50);
    expect(pipes()).toBe(before);
  });
});
