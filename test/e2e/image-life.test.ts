/** Mounts, loop devices and folders of image files: who makes them, and that none stays, whoever is killed. */
import type { ChildProcess } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../support/container.js';
import { canContain } from '../support/container.js';
import { become, canMakeImages, createImageWorkshop, type ImageWorkshop } from '../support/images.js';
import { settle } from '../support/leftovers.js';
import { needs } from '../support/need.js';

const WAITING = ['sh', '-c', 'echo up; read -r line; cat /etc/mark'];
const asRoot = process.getuid?.() === 0;

describe.skipIf(!canMakeImages())('open image files', () => {
  let shop: ImageWorkshop;

  beforeAll(() => {
    shop = createImageWorkshop();
    const first = shop.rootfs('first', { 'etc/mark': 'first\n' });
    shop.sif('first.sif', shop.squashfs('first.sqfs', first));
    shop.ext3('first.ext3', first);
    const big = shop.rootfs('big');
    mkdirSync(join(big, 'data'));
    writeFileSync(join(big, 'data/big'), Buffer.alloc(96 * 2 ** 20, 'not a hole '));
    shop.squashfs('big.sqfs', big);
    shop.squashfs('second.sqfs', shop.rootfs('second', { 'etc/mark': 'second\n' }));
  });
  afterAll(() => shop.dispose());

  for (const identity of ['root', 'user'] as const satisfies readonly Identity[]) {
    describe.skipIf(!canContain(identity))(`as ${identity}`, () => {
      const start = async (image: string): Promise<ChildProcess> => {
        const child = shop.launch(identity, ['run', image, ...WAITING]);
        await once(child.stdout!, 'data');
        return child;
      };
      const finish = async (child: ChildProcess): Promise<string> => {
        child.stdin?.end('go\n');
        let text = '';
        for await (const chunk of child.stdout!) text += chunk;
        return text;
      };

      test('nothing of a file stays when we are killed', async () => {
        const child = await start('first.sif');
        expect(shop.leftovers(identity)).not.toEqual([]);
        child.kill('SIGKILL');
        expect(await settle(() => shop.leftovers(identity))).toEqual([]);
      });

      test('the next run removes what stays when the janitor is killed as well', async () => {
        const child = await start('first.sif');
        for (const pid of janitorsOf(shop.path(`home-${identity}`))) process.kill(pid, 'SIGKILL');
        child.kill('SIGKILL');
        await once(child, 'exit');
        expect(shop.leftovers(identity)).not.toEqual([]);
        expect((await shop.run(identity, ['run', 'second.sqfs', 'cat', '/etc/mark'])).stdout).toBe('second\n');
        expect(await settle(() => shop.leftovers(identity))).toEqual([]);
      });

      test('two runs of one file do not meet', async () => {
        const [one, other] = await Promise.all([start('first.sif'), start('first.sif')]);
        expect(await finish(one)).toBe('first\n');
        expect(await finish(other)).toBe('first\n');
        expect(await settle(() => shop.leftovers(identity))).toEqual([]);
      });

      test('a file put in its place changes nothing of a run', async () => {
        copyFileSync(shop.path('first.sqfs'), shop.path('swapped.sqfs'));
        const child = await start('swapped.sqfs');
        copyFileSync(shop.path('second.sqfs'), shop.path('swapping.sqfs'));
        renameSync(shop.path('swapping.sqfs'), shop.path('swapped.sqfs'));
        expect(await finish(child)).toBe('first\n');
        expect((await shop.run(identity, ['run', 'swapped.sqfs', 'cat', '/etc/mark'])).stdout).toBe('second\n');
        expect(await settle(() => shop.leftovers(identity))).toEqual([]);
      });

      test('a failure after the file is open takes it back', async () => {
        const { exitCode, stderr } = await shop.run(identity, ['run', '--bind', '/nowhere', 'first.sif', 'true']);
        expect({ exitCode, stderr }).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('/nowhere') });
        expect(shop.leftovers(identity)).toEqual([]);
      });

      describe.skipIf(!asRoot || !canUseFuse())('with FUSE', () => {
        let device: string;
        beforeAll(() => {
          device = shop.path(`fuse-${identity}`);
          spawnSync('mknod', ['-m', '666', device, 'c', '10', '229']);
        });
        /** A mount namespace where everybody may use FUSE and, so that root takes it too, nobody has loop devices. */
        const within = (after: string): string[] => [
          'unshare',
          '--mount',
          'sh',
          '-c',
          `mount --bind ${device} /dev/fuse && mount --bind /dev/null /dev/loop-control; for l in /dev/loop[0-9]*; do mount --bind /dev/null $l; done
"$@"; code=$?; ${after}; exit $code`,
          'wrap',
          ...become(identity),
        ];

        for (const image of ['first.sif', 'first.ext3']) {
          test(`${image} is mounted and unmounted`, async () => {
            const show = 'grep -c wasm-plugin-images /proc/self/mountinfo >&2';
            const look = ['sh', '-c', 'cat /etc/mark; exit 3'];
            const result = await shop.run(identity, ['run', image, ...look], within(show));
            expect(result).toEqual({ exitCode: 3, stdout: 'first\n', stderr: expect.stringMatching(/^1\n$/) });
            expect(shop.leftovers(identity)).toEqual([]);
          });
        }

        test('nothing stays when we are killed', async () => {
          // The mount is in the namespace of this shell, which tells when it is gone.
          const wait =
            'i=0; while [ $((i += 1)) -le 600 ]; do sleep 0.1; grep -q run-image /proc/self/mountinfo || break; done';
          const show = `${wait}; grep -c run-image /proc/self/mountinfo`;
          const child = shop.launch(identity, ['run', 'first.ext3', ...WAITING], within(show));
          let text = '';
          child.stdout?.on('data', (chunk: Buffer) => {
            text += chunk;
          });
          await settle(() => (text === 'up\n' ? [] : [text]));
          for (const pid of nodesBelow(child.pid!)) process.kill(pid, 'SIGKILL');
          await once(child, 'close');
          expect(text).toBe('up\n0\n');
          expect(await settle(() => shop.leftovers(identity))).toEqual([]);
        });
      });
    });
  }

  for (const identity of ['root', 'user'] as const satisfies readonly Identity[]) {
    test.skipIf(!canContain(identity))(`nothing stays when we are killed while unpacking, as ${identity}`, async () => {
      const child = shop.launch(identity, ['run', '--unpack', 'big.sqfs', ...WAITING]);
      await settle(() => (shop.leftovers(identity).length > 0 ? [] : ['not begun']));
      child.kill('SIGKILL');
      expect(await settle(() => shop.leftovers(identity))).toEqual([]);
    });
  }

  test.skipIf(!canContain('root'))('unpacking stops before the temporary folder is full', async () => {
    const small = 'mount -t tmpfs -o size=300m,mode=700 small "$TMPDIR" && exec "$@"';
    const wrap = ['unshare', '--mount', 'sh', '-c', small, 'wrap'];
    const { exitCode, stderr } = await shop.run('root', ['run', '--unpack', 'big.sqfs', 'true'], wrap);
    expect(exitCode).toBe(125);
    expect(stderr).toContain('the temporary folder is full');
    expect(stderr).toContain('Set TMPDIR');
  });
});

function canUseFuse(): boolean {
  return ['squashfuse', 'fuse2fs', 'fusermount3'].every(needs);
}

/** Processes that wait to remove a folder below `home`. */
function janitorsOf(home: string): number[] {
  return pids().filter((pid) => {
    const words = commandOf(pid);
    return words[0] === '/bin/sh' && words.some((word) => word.startsWith(`${home}/`) && word.includes('/run-'));
  });
}

function nodesBelow(parent: number): number[] {
  return pids().filter((pid) => commandOf(pid)[0] === process.execPath && statOf(pid)[1] === `${parent}`);
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function commandOf(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split('\0');
}

function statOf(pid: number): string[] {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
