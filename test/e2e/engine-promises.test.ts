/** What a hostile image or config must not reach through the builtin engine. Each test is one promise. */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs } from '../../host/engine/index.js';
import type { Identity, Workshop } from '../support/container.js';
import { canContain, createWorkshop, eventually, isGone } from '../support/container.js';
import type { DriverEvent } from '../support/container-driver.js';
import { needs } from '../support/need.js';

let workshop: Workshop;
let rootfs: string;

beforeAll(() => {
  workshop = createWorkshop();
  rootfs = join(workshop.folder, 'rootfs');
  buildTinyRootfs(rootfs);
});

afterAll(() => workshop.dispose());

/** The classic way out of chroot: a root below the working directory, then upwards. Prints what it finds there. */
const ESCAPE = [
  'mkdir "/tmp/below"; chdir "/tmp"; chroot("/tmp/below") or die "chroot: $!";',
  'chdir ".." for 1..64; chroot "."; print -e $ARGV[0] ? "outside" : "inside";',
].join(' ');

const ALL_CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_SETUID',
  'CAP_SETGID',
  'CAP_SYS_CHROOT',
  'CAP_SYS_ADMIN',
];

for (const identity of ['root', 'user'] as const satisfies readonly Identity[]) {
  describe.skipIf(!canContain(identity))(`the builtin engine as ${identity} promises`, () => {
    test.skipIf(!needs('perl'))('a nested chroot does not lead out, with capabilities kept', async () => {
      const image = join(workshop.folder, `perl-${identity}`);
      buildTinyRootfs(image, ['perl']);
      const marker = join(workshop.folder, 'marker');
      writeFileSync(marker, '');
      if (identity === 'root') {
        // The same program in a plain chroot does get out; without this the test would prove nothing.
        const enter = 'chroot pop @ARGV; chdir "/";';
        const plain = spawnSync('perl', ['-e', `${enter} ${ESCAPE}`, marker, image], { encoding: 'utf8' });
        expect(plain.stdout).toBe('outside');
      }
      const result = await workshop.run(identity, {
        rootfs: image,
        options: { command: ['perl', '-e', ESCAPE, marker] },
        edit: { process: { capabilities: { bounding: ALL_CAPABILITIES, permitted: ALL_CAPABILITIES } } },
      });
      expect(result.stderr).toBe('');
      expect(result.stdout).toBe('inside');
    });

    test('no privileged process loads a library that the image names', async () => {
      const image = join(workshop.folder, `preload-${identity}`);
      buildTinyRootfs(image);
      // The loader complains about a library that it cannot load, so each process that reads this file shows.
      writeFileSync(join(image, 'etc/ld.so.preload'), '/etc/evil.so\n');
      writeFileSync(join(image, 'etc/evil.so'), 'not a library');
      const { stderr, stdout } = await workshop.run(identity, {
        rootfs: image,
        options: { command: ['sh', '-c', 'echo ran'], user: { uid: 1234, gid: 1234 } },
      });
      expect(stdout).toBe('ran\n');
      // Only the command itself: one shell, which starts nothing.
      expect(stderr.match(/evil\.so/g)).toHaveLength(1);
      // A failed setup shows all that its tools said.
      const { failed } = await workshop.run(identity, {
        rootfs: image,
        options: { command: ['true'], cwd: '/nowhere' },
      });
      expect(failed?.message).toContain('/nowhere');
      expect(failed?.message).not.toContain('evil.so');
    });

    test('values of variables are not in the arguments of any process', async () => {
      const secret = `secret-${identity}-${process.pid}`;
      const { process: driver, events } = workshop.launch(identity, {
        rootfs,
        options: { command: ['sleep', '60'] },
        edit: { process: { env: ['PATH=/bin', `TOKEN=${secret}`] } },
        hold: 'wait',
      });
      expect(await eventually(() => events.some(({ event }) => event === 'created'))).toBe(true);
      const seen = spawnSync('sh', ['-c', 'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" "\\n"'], {
        encoding: 'utf8',
      });
      await end(identity, driver, events);
      // The driver has the whole order as its argument; no other process may.
      expect(seen.stdout.split('\n').filter((line) => line.includes(secret) && !line.startsWith('{'))).toEqual([]);
      expect(seen.stdout).toContain('WP_ENV_1');
    });

    test('the container is not in the session of our terminal, so it cannot type into it', async () => {
      const { process: driver, events } = workshop.launch(identity, {
        rootfs,
        options: { command: ['sleep', '60'] },
        hold: 'wait',
      });
      expect(await eventually(() => events.some(({ event }) => event === 'created'))).toBe(true);
      const created = events.find((event) => event.event === 'created');
      const [ours, theirs] = [sessionOf(driver.pid ?? 0), sessionOf(created?.pid ?? 0)];
      await end(identity, driver, events);
      expect(theirs).not.toBe(ours);
    });

    test('the device nodes of the host cannot be changed, only used', async () => {
      const image = join(workshop.folder, `chmod-${identity}`);
      buildTinyRootfs(image, ['chmod', 'head']);
      // The mode that it has anyway, in case the promise is broken.
      const script = 'chmod 666 /dev/null; chmod 666 /proc/keys; echo x > /dev/null && head -c 2 /dev/zero';
      const { stdout, stderr } = await workshop.run(identity, {
        rootfs: image,
        options: { command: ['sh', '-c', script] },
      });
      expect(stdout).toBe('\0\0');
      expect(stderr.match(/Read-only file system|Operation not permitted/g)).toHaveLength(2);
    });

    // A file in a new file system is bound in a later step than that is made, so in all of these the first mount is there already.
    const [data, fresh] = ['/data', { destination: '/run', type: 'tmpfs', source: 'tmpfs' }];
    const restrictions = [
      {
        name: 'read-only the same folder a second time',
        again: (source: string) => ({
          mounts: [{ destination: data, type: 'bind', source, options: ['rbind', 'ro'] }],
        }),
      },
      { name: 'a path read-only that is a mount', again: () => ({ linux: { readonlyPaths: [data] } }) },
      { name: 'a path out of sight that is a new file system', again: () => ({ linux: { maskedPaths: ['/run'] } }) },
      { name: 'read-only the same kind of file system', again: () => ({ mounts: [{ ...fresh, options: ['ro'] }] }) },
    ];
    for (const { name, again } of restrictions) {
      test(`to mount ${name}`, async () => {
        const source = join(workshop.folder, `again ${identity}`);
        mkdirSync(source, { recursive: true });
        chmodSync(source, 0o777);
        writeFileSync(join(source, 'file'), 'a secret');
        const { mounts = [], linux = {} } = again(source) as { mounts?: object[]; linux?: object };
        const bind = { type: 'bind', source, options: ['rbind'] };
        const { exited, stdout } = await workshop.run(identity, {
          rootfs,
          options: { command: ['sh', '-c', `echo x > ${data}/new; echo x > /run/new; ls ${data} /run`] },
          edit: {
            mounts: [
              { destination: '/proc', type: 'proc', source: 'proc' },
              { ...bind, destination: data },
              fresh,
              { ...bind, destination: '/run/file', source: join(source, 'file') },
              ...mounts,
            ],
            linux,
          },
        });
        rmSync(source, { recursive: true });
        expect(exited).toMatchObject({ exitCode: 0 });
        // What is restricted took no new file: the folder in the first two, and the file system in the others.
        expect(stdout.match(/new/g), stdout).toHaveLength(1);
      });
    }

    const refusals = [
      {
        name: 'a security module profile',
        edit: { process: { apparmorProfile: 'strict' } },
        says: 'process.apparmorProfile',
      },
      { name: 'a field it does not know', edit: { linux: { landlock: { rules: [1] } } }, says: 'linux.landlock' },
      { name: 'kernel settings', edit: { linux: { sysctl: { 'net.ipv4.ip_forward': '0' } } }, says: 'linux.sysctl' },
      {
        name: 'a namespace to join',
        edit: {
          linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }, { type: 'network', path: '/proc/1/ns/net' }] },
        },
        says: 'network namespace',
      },
      { name: 'no pid namespace', edit: { linux: { namespaces: [{ type: 'mount' }] } }, says: 'pid namespace' },
      { name: 'hooks inside', edit: { hooks: { startContainer: [{ path: '/x' }] } }, says: 'hooks.startContainer' },
      {
        name: 'an option of a mount that it does not know',
        edit: { mounts: [{ destination: '/x', type: 'tmpfs', options: ['idmap'] }] },
        says: '"idmap"',
      },
      {
        name: 'a mount over part of /proc',
        edit: { mounts: [{ destination: '/proc/self', type: 'tmpfs' }] },
        says: '/proc',
      },
      {
        name: 'a line end in a mount',
        edit: { mounts: [{ destination: '/x\n/etc /etc none bind', type: 'tmpfs' }] },
        says: 'mounts[0].destination',
      },
      { name: 'a host name that is an option', edit: { hostname: '-F/etc/shadow' }, says: 'hostname' },
      { name: 'NUL in an argument', edit: { process: { args: ['a\0b'] } }, says: 'process.args[0]' },
      {
        name: 'a device that the host has not',
        edit: { linux: { devices: [{ type: 'c', path: '/dev/null', major: 9, minor: 9 }] } },
        says: '/dev/null',
      },
    ];
    for (const { name, edit, says } of refusals) {
      test(`to refuse ${name}`, async () => {
        const { failed, stdout } = await workshop.run(identity, {
          rootfs,
          options: { command: ['echo', 'ran'] },
          edit,
        });
        expect(failed).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(says) });
        expect(stdout).toBe('');
      });
    }

    test('to say that seccomp is left out', async () => {
      const edit = { linux: { seccomp: { defaultAction: 'SCMP_ACT_ALLOW' } } };
      const { exited } = await workshop.run(identity, { rootfs, options: { command: ['true'] }, edit });
      expect(exited?.warnings).toEqual([expect.stringContaining('linux.seccomp')]);
    });
  });
}

describe.skipIf(!canContain('root'))('the builtin engine as root', () => {
  test('keeps the capabilities that a config names, and only those', async () => {
    const capabilities = { bounding: ['CAP_CHOWN', 'CAP_NET_BIND_SERVICE'], ambient: ['CAP_NET_BIND_SERVICE'] };
    const script =
      'while read -r k v; do case $k in CapEff:|CapBnd:|CapAmb:) echo "$k$v";; esac; done < /proc/self/status';
    const asRoot = await workshop.run('root', {
      rootfs,
      options: { command: ['sh', '-c', script] },
      edit: { process: { capabilities } },
    });
    expect(asRoot.stdout.trim().split('\n')).toEqual([
      'CapEff:0000000000000401',
      'CapBnd:0000000000000401',
      'CapAmb:0000000000000400',
    ]);
    const asUser = await workshop.run('root', {
      rootfs,
      options: { command: ['sh', '-c', script], user: { uid: 1234, gid: 1234 } },
      edit: { process: { capabilities } },
    });
    expect(asUser.stdout).toContain('CapEff:0000000000000400');
  });
});

/** Kill a held container with its driver, and let a next run clear up after them. */
async function end(identity: Identity, driver: ChildProcess, events: readonly DriverEvent[]): Promise<void> {
  const created = events.find((event) => event.event === 'created');
  driver.kill('SIGKILL');
  await eventually(() => isGone(created?.pid ?? 0));
  await workshop.run(identity, { rootfs, options: { command: ['true'] } });
}

/** Session id of a process: field 6 of /proc/PID/stat. */
function sessionOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
}
