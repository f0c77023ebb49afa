/** The OCI runtime under containerd, as its client `ctr` drives it. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { AGAIN } from '../support/again.js';
import { type Containerd, canContainerd, startContainerd } from '../support/containerd.js';
import { lingering } from '../support/lingering.js';
import { TINY_IMAGE } from '../support/oci-archive.js';
import { realRuntimes, type Trampoline, writeTrampoline } from '../support/trampoline.js';

const supported = canContainerd();

describe.skipIf(!supported)('under containerd', AGAIN, () => {
  let containerd: Containerd;
  beforeAll(async () => {
    containerd = await startContainerd();
  });
  afterEach(async () => expect(await containerd.leftovers()).toEqual([]));
  afterAll(() => containerd?.stop());

  describe.each(supported ? realRuntimes() : [])('a trampoline to %s', (real) => {
    let trampoline: Trampoline;
    beforeAll(() => {
      const folder = join(containerd.folder, `to-${real}`);
      mkdirSync(folder);
      trampoline = writeTrampoline(folder, real);
    });

    function run(id: string, command: readonly string[], ...options: readonly string[]) {
      const runtime = ['--runc-binary', trampoline.path];
      return containerd.ctr('run', '--rm', ...runtime, ...options, TINY_IMAGE, `${real}-${id}`, ...command);
    }

    test.each([
      { name: 'nothing went wrong', code: 'true', want: 0 },
      { name: 'a code of its own', code: 'exit 3', want: 3 },
      { name: 'the highest code', code: 'exit 255', want: 255 },
      { name: 'ended by a signal', code: "sh -c 'kill -TERM $$'", want: 143 },
    ])('exits as its command does: $name', async ({ name, code, want }) => {
      const { exitCode } = await run(`exits-${want}`, ['/bin/sh', '-c', code]);
      expect({ name, exitCode }).toEqual({ name, exitCode: want });
    });

    test('passes output on, each stream by itself', async () => {
      expect(await run('output', ['/bin/sh', '-c', lingering('echo out; echo err >&2')])).toEqual({
        exitCode: 0,
        stdout: 'out\n',
        stderr: 'err\n',
      });
    });

    test('starts, executes and stops, and the container is seen while it runs', async () => {
      const running = run('long', ['/bin/sleep', '1000']);
      await vi.waitFor(
        async () => expect((await containerd.ctr('tasks', 'list')).stdout).toMatch(/long .*RUNNING/),
        20_000,
      );
      const kinds = (await containerd.leftovers(0)).map((line) => line.replace(/[ :].*/s, ''));
      expect([...new Set(kinds)]).toEqual(['process', 'mount', 'cgroup', 'folder']);

      const exec = ['tasks', 'exec', '--exec-id', 'one', `${real}-long`, '/bin/sh', '-c', 'echo inside; exit 5'];
      expect(await containerd.ctr(...exec)).toMatchObject({ exitCode: 5, stdout: 'inside\n' });
      expect(await containerd.ctr('tasks', 'kill', '--signal', 'SIGKILL', `${real}-long`)).toMatchObject({
        exitCode: 0,
      });
      expect(await running).toEqual({ exitCode: 137, stdout: '', stderr: '' });
      // What an entry must know: a container is deleted again after it is gone.
      const calls = trampoline.calls().filter((call) => call.at(-1) === `${real}-long` && call.includes('delete'));
      expect(calls.map((call) => call.includes('--force'))).toEqual([false, true]);
    });

    test('sees annotations in the config', async () => {
      await run('annotated', ['/bin/true'], '--annotation', 'wasm-plugin/color=blue');
      expect(trampoline.configs().get(`${real}-annotated`)).toMatchObject({
        annotations: { 'wasm-plugin/color': 'blue' },
      });
    });
  });
});
