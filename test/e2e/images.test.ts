/** Image files of every kind, run by the builtin engine: what they hold, what they set and run, and what is wrong with broken ones. */
import { chmodSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../support/container.js';
import { canContain } from '../support/container.js';
import { canMakeImages, createImageWorkshop, type ImageWorkshop } from '../support/images.js';

const APPTAINER = {
  '.singularity.d/env/10-first.sh': 'export FIRST=1 ORDER=a\n',
  '.singularity.d/env/90-environment.sh': 'export ORDER="$ORDER"b\n',
  '.singularity.d/env/notes.txt': 'export NOTES=sourced\n',
  '.singularity.d/test': '#!/bin/sh\necho "tested $FIRST $1"\nexit 4\n',
  '.singularity.d/runscript': '#!/bin/sh\necho "runscript $FIRST $ORDER [$NOTES] $TYPED"\nexit 9\n',
};
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const ACTIONS = {
  ...APPTAINER,
  '.singularity.d/actions/exec': '#!/bin/sh\necho exec action\nexec "$@"\n',
  '.singularity.d/actions/run': '#!/bin/sh\necho run action\nexec /.singularity.d/runscript\n',
};

// Where the fields of the first descriptor are, in a file of siftool's.
const DESCRIPTOR = 4096;
const AT = { used: DESCRIPTOR + 4, offset: DESCRIPTOR + 17, size: DESCRIPTOR + 25, extra: DESCRIPTOR + 201 };
const SLOT = 585;
const FREE = 80;

describe.skipIf(!canMakeImages())('image files', () => {
  let shop: ImageWorkshop;

  beforeAll(() => {
    shop = createImageWorkshop();
    const plain = shop.rootfs('plain', { 'etc/mark': 'from the image\n' });
    shop.squashfs('plain.sqfs', plain);
    shop.ext3('plain.ext3', plain);
    shop.sif('plain.sif', shop.path('plain.sqfs'));
    shop.sif('plain-ext3.sif', shop.path('plain.ext3'), 2);
    const built = shop.rootfs('built', APPTAINER);
    shop.sif('built.sif', shop.squashfs('built.sqfs', built));
    shop.squashfs('actions.sqfs', shop.rootfs('actions', ACTIONS));
    shop.squashfs(
      'paths.sqfs',
      shop.rootfs('paths', { '.singularity.d/env/90-environment.sh': 'export PATH=/opt/own:$PATH\n' }),
    );
  });
  afterAll(() => shop.dispose());

  for (const identity of ['root', 'user'] as const satisfies readonly Identity[]) {
    describe.skipIf(!canContain(identity))(`as ${identity}`, () => {
      const kinds =
        identity === 'root' ? ['plain.sqfs', 'plain.ext3', 'plain.sif', 'plain-ext3.sif'] : ['plain.sqfs', 'plain.sif'];
      for (const image of kinds) {
        test(`${image} is told by content, read, and written to for the run alone`, async () => {
          const script = 'cat /etc/mark; echo more >> /etc/mark && cat /etc/mark; exit 7';
          const { exitCode, stdout, stderr } = await shop.run(identity, ['run', image, 'sh', '-c', script]);
          expect({ exitCode, stdout }, stderr).toEqual({
            exitCode: 7,
            stdout: 'from the image\nfrom the image\nmore\n',
          });
          expect((await shop.run(identity, ['run', image, 'cat', '/etc/mark'])).stdout).toBe('from the image\n');
          expect(shop.leftovers(identity)).toEqual([]);
        });
      }

      const runs = [
        { args: ['built.sif'], exitCode: 9, stdout: 'runscript 1 ab [] \n' },
        { args: ['--env', 'TYPED=t', 'built.sif'], exitCode: 9, stdout: 'runscript 1 ab [] t\n' },
        { args: ['--unpack', 'built.sif'], exitCode: 9, stdout: 'runscript 1 ab [] \n' },
        { args: ['built'], exitCode: 9, stdout: 'runscript 1 ab [] \n' },
        { args: ['built.sif', 'sh', '-c', 'echo $FIRST "$1"', 'x', 'a  b'], exitCode: 0, stdout: '1 a  b\n' },
        { args: ['built.sif', 'nosuch'], exitCode: 127, stdout: '' },
        { args: ['actions.sqfs'], exitCode: 9, stdout: 'runscript 1 ab [] \n' },
        { args: ['actions.sqfs', 'echo', 'hi'], exitCode: 0, stdout: 'hi\n' },
        // What the caller sets wins, and the image's own scripts see it.
        { args: ['--env', 'FIRST=typed', 'built.sif'], exitCode: 9, stdout: 'runscript typed ab [] \n' },
        { args: ['--env', 'FIRST=typed', 'actions.sqfs'], exitCode: 9, stdout: 'runscript typed ab [] \n' },
        { args: ['--env', 'FIRST=', 'built.sif', 'sh', '-c', 'echo "[$FIRST]"'], exitCode: 0, stdout: '[]\n' },
        {
          args: ['--env', 'FIRST=a\'b"$(c)\n`d` \\e', 'built.sif', 'sh', '-c', 'printf "%s\\n" "$FIRST"'],
          exitCode: 0,
          stdout: 'a\'b"$(c)\n`d` \\e\n',
        },
        { args: ['paths.sqfs', 'sh', '-c', 'echo $PATH'], exitCode: 0, stdout: `/opt/own:${PATH}\n` },
        { args: ['--env', 'PATH=/bin', 'paths.sqfs', 'sh', '-c', 'echo $PATH'], exitCode: 0, stdout: '/bin\n' },
        { args: ['--pwd', '/tmp', 'built.sif', 'sh', '-c', 'echo $PWD'], exitCode: 0, stdout: '/tmp\n' },
        { args: ['paths.sqfs'], exitCode: 0, stdout: '' },
        { args: ['built.sif', '/.singularity.d/test', 'x'], exitCode: 4, stdout: 'tested 1 x\n' },
        {
          args: ['--read-only', 'plain.sqfs', 'sh', '-c', 'echo x > /x || echo read-only'],
          exitCode: 0,
          stdout: 'read-only\n',
        },
      ];
      for (const { args, exitCode, stdout } of runs) {
        test(`run ${args.join(' ')}: ${exitCode}`, async () => {
          const result = await shop.run(identity, ['run', ...args]);
          expect({ exitCode: result.exitCode, stdout: result.stdout }, result.stderr).toEqual({ exitCode, stdout });
          expect(shop.leftovers(identity)).toEqual([]);
        });
      }

      test('--dry-run makes nothing, and says what it leaves out', async () => {
        const { stdout, stderr } = await shop.run(identity, ['run', '--dry-run', 'built.sif', 'true']);
        expect(JSON.parse(stdout)).toMatchObject({
          process: { args: ['true'] },
          root: { path: shop.path('built.sif') },
        });
        expect(stderr).toContain('The image is not opened');
        expect(shop.leftovers(identity)).toEqual([]);
      });
    });
  }

  test.skipIf(!canContain('root'))('ext3 cannot be unpacked, and the error says what can be done', async () => {
    const { exitCode, stderr } = await shop.run('root', ['run', '--unpack', 'plain.ext3', 'true']);
    expect(exitCode).toBe(125);
    expect(stderr).toContain('only squashfs can be unpacked');
    expect(stderr).toContain('Leave out --unpack: ext3 can only be mounted. Or convert the image to squashfs');
  });

  describe('what the host must not follow', () => {
    const links = [
      { name: 'links of the image that lead out', target: '/etc/hostname' },
      { name: 'links in circles', target: '/.singularity.d' },
    ];
    for (const { name, target } of links) {
      test.skipIf(!canContain('user'))(name, async () => {
        const root = shop.rootfs(`links-${target.length}`);
        symlinkSync(target, `${root}/.singularity.d`);
        const image = shop.squashfs(`links-${target.length}.sqfs`, root);
        const { stdout, stderr } = await shop.run('user', ['run', image, 'echo', 'plain']);
        expect(stdout, stderr).toBe('plain\n');
      });
    }
  });

  const set = (at: number, value: bigint) => (bytes: Buffer) => void bytes.writeBigInt64LE(value, at);
  const extra = (offset: number, value: number) => (bytes: Buffer) => void bytes.writeInt32LE(value, AT.extra + offset);
  const broken: { name: string; from: string; change: (bytes: Buffer) => unknown; error: RegExp }[] = [
    { name: 'an empty file', from: 'plain.sqfs', change: () => Buffer.alloc(0), error: /of no kind that can be run/ },
    {
      name: 'four bytes of squashfs',
      from: 'plain.sqfs',
      change: (b) => b.subarray(0, 4),
      error: /has 96 bytes, there are 4/,
    },
    {
      name: 'squashfs without its end',
      from: 'plain.sqfs',
      change: (b) => b.subarray(0, 90_000),
      error: /there are 90000/,
    },
    {
      name: 'squashfs of another version',
      from: 'plain.sqfs',
      change: (b) => void b.writeUInt16LE(3, 28),
      error: /version 3/,
    },
    {
      name: 'squashfs of noise',
      from: 'plain.sqfs',
      change: (b) => void b.fill(0xa5, 96),
      error: /cannot be read here \(.*unpacking: /,
    },
    {
      name: 'ext3 without its end',
      from: 'plain.ext3',
      change: (b) => b.subarray(0, 2 ** 20),
      error: /there are 1048576/,
    },
    {
      name: 'a SIF header alone',
      from: 'plain.sif',
      change: (b) => b.subarray(0, 128),
      error: /runs past|the file has 128/,
    },
    {
      name: 'a SIF cut in its partition',
      from: 'plain.sif',
      change: (b) => b.subarray(0, 90_000),
      error: /past the end of the file/,
    },
    {
      name: 'a partition beyond the file',
      from: 'plain.sif',
      change: set(AT.offset, 2n ** 40n),
      error: /run past the end of the data/,
    },
    {
      name: 'a size that wraps',
      from: 'plain.sif',
      change: set(AT.size, 2n ** 63n - 1n),
      error: /must be between 0 and/,
    },
    {
      name: 'a partition shorter than its squashfs',
      from: 'plain.sif',
      change: set(AT.size, 8192n),
      error: /there are 8192/,
    },
    {
      name: 'another machine',
      from: 'plain.sif',
      change: (b) => void b.write('04\0', AT.extra + 8),
      error: /is for (arm64|amd64)/,
    },
    {
      name: 'an unknown machine',
      from: 'plain.sif',
      change: (b) => void b.write('77\0', AT.extra + 8),
      error: /architecture "77"/,
    },
    { name: 'an encrypted partition', from: 'plain.sif', change: extra(0, 5), error: /is encrypted/ },
    { name: 'a gocryptfs partition', from: 'plain.sif', change: extra(0, 6), error: /is encrypted/ },
    { name: 'a raw partition', from: 'plain.sif', change: extra(0, 4), error: /is of type 4/ },
    {
      name: 'no primary partition',
      from: 'plain.sif',
      change: extra(4, 3),
      error: /without a primary system partition/,
    },
    { name: 'two primary partitions', from: 'plain.sif', change: duplicate(0), error: /more than one primary/ },
    { name: 'overlapping objects', from: 'plain.sif', change: duplicate(4096), error: /object 1 ends at/ },
  ];
  for (const { name, from, change, error } of broken) {
    for (const identity of ['root', 'user'] as const satisfies readonly Identity[]) {
      test.skipIf(!canContain(identity))(`${name}, as ${identity}`, async () => {
        const image = shop.patched('broken', shop.path(from), (bytes) => {
          const changed = change(bytes);
          return Buffer.isBuffer(changed) ? changed : undefined;
        });
        const { exitCode, stderr } = await shop.run(identity, ['run', image, 'true']);
        expect(exitCode).toBe(125);
        expect(stderr).toMatch(error);
        expect(stderr).not.toContain('Internal error');
        expect(shop.leftovers(identity)).toEqual([]);
      });
    }
  }

  const refusals = [
    { image: '/dev/null', error: 'it is neither a file nor a folder' },
    { image: '/proc/self/environ', error: 'it is a file of no kind that can be run' },
    { image: 'nothing.sif', error: 'there is no such file or folder' },
    { image: 'closed.sqfs', error: 'EACCES' },
  ];
  for (const { image, error } of refusals) {
    test.skipIf(!canContain('user'))(`${image}: ${error}`, async () => {
      if (image === 'closed.sqfs')
        chmodSync(
          shop.patched(image, shop.path('plain.sqfs'), () => undefined),
          0o600,
        );
      const { exitCode, stderr } = await shop.run('user', ['run', image, 'true']);
      expect(exitCode).toBe(125);
      expect(stderr).toContain(error);
    });
  }
});

/** A second descriptor like the first, `shift` bytes further. */
function duplicate(shift: number) {
  return (bytes: Buffer): void => {
    bytes.copy(bytes, DESCRIPTOR + SLOT, DESCRIPTOR, DESCRIPTOR + SLOT);
    const second = DESCRIPTOR + SLOT - DESCRIPTOR;
    bytes.writeUInt32LE(2, DESCRIPTOR + SLOT + 5);
    const size = bytes.readBigInt64LE(AT.size);
    bytes.writeBigInt64LE(bytes.readBigInt64LE(AT.offset) + BigInt(shift), AT.offset + second);
    bytes.writeBigInt64LE(shift === 0 ? 0n : size - BigInt(shift), AT.size + second);
    bytes.writeBigInt64LE(bytes.readBigInt64LE(FREE) - 1n, FREE);
  };
}
