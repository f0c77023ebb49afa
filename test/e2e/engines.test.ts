/** What every engine does with a config: builtin, crun and runc, as root and as an ordinary user. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs, selectEngine } from '../../host/engine/index.js';
import type { Workshop } from '../support/container.js';
import { createWorkshop, giveTo } from '../support/container.js';
import type { DriverOrder } from '../support/container-driver.js';
import { combinations } from '../support/engines.js';
import { thrown } from '../support/thrown.js';

let workshop: Workshop;
let rootfs: string;

beforeAll(() => {
  workshop = createWorkshop();
  rootfs = join(workshop.folder, 'rootfs');
  buildTinyRootfs(rootfs);
  mkdirSync(join(workshop.folder, 'data'));
  writeFileSync(join(workshop.folder, 'data/file'), 'from the host\n');
});

afterAll(() => workshop.dispose());

const exits = [
  { name: 'success', script: 'exit 0', want: { exitCode: 0 } },
  { name: 'failure', script: 'exit 1', want: { exitCode: 1 } },
  { name: 'any code', script: 'exit 42', want: { exitCode: 42 } },
  { name: 'the highest code', script: 'exit 255', want: { exitCode: 255 } },
  { name: 'a shell that tells TERM', script: 'sh -c "kill -TERM \\$\\$"; exit $?', want: { exitCode: 143 } },
  { name: 'a shell that tells KILL', script: 'sh -c "kill -KILL \\$\\$"; exit $?', want: { exitCode: 137 } },
];

const commands = [
  { name: 'a name that is nowhere', command: 'no-such-command', want: 127 },
  { name: 'a path that is nowhere', command: '/no/such/command', want: 127 },
  { name: 'a file that is no program', command: '/etc/passwd', want: 126 },
  { name: 'a directory', command: '/bin', want: 126 },
  // crun and runc notice it only when they are the command already.
  { name: 'a program of no known format', command: '/bin/nonsense', want: 126, late: 1 },
];

const STATUS =
  'while read -r k v; do case $k in CapInh:|CapEff:|CapPrm:|CapBnd:|CapAmb:|NoNewPrivs:) echo "$k$v";; esac; done < /proc/self/status';
const ZERO = '0000000000000000';

for (const { engine, identity, possible } of combinations()) {
  describe.skipIf(!possible)(`${engine} as ${identity}`, () => {
    const run = (options: DriverOrder['options'], more: Partial<DriverOrder> = {}, stdin = '') =>
      workshop.run(identity, { engine, rootfs, options: options ?? {}, ...more }, stdin);
    const output = async (...args: Parameters<typeof run>) => {
      const result = await run(...args);
      expect(result.failed).toBeUndefined();
      return result.stdout.trim();
    };
    const sh = (script: string) => ({ command: ['sh', '-c', script] });

    for (const { name, script, want } of exits) {
      test(`exit code: ${name}`, async () => {
        const { exited, stderr } = await run(sh(script));
        expect(exited).toMatchObject({ ...want, warnings: [] });
        // A shell may tell of a signal.
        expect(stderr).toMatch(/^(?:Killed\n|Terminated\n)?$/);
      });
    }

    for (const { name, command, want, late = want } of commands) {
      test(`exit code: ${name}`, async () => {
        writeFileSync(join(rootfs, 'bin/nonsense'), '\u007fELF, or not');
        chmodSync(join(rootfs, 'bin/nonsense'), 0o755);
        const { exited, failed, stderr } = await run({ command: [command] });
        expect(failed).toBeUndefined();
        expect(exited?.exitCode).toBe(engine === 'builtin' ? want : late);
        expect(stderr).not.toBe('');
      });
    }

    test('variables, working directory, host name, standard input, process limits', async () => {
      const options = {
        ...sh('pwd; hostname; ulimit -Sn; ulimit -Hn; ulimit -c; cat; env'),
        cwd: '/bin',
        hostname: 'box-1',
      };
      const rlimits = [
        { type: 'RLIMIT_NOFILE', soft: 77, hard: 88 },
        { type: 'RLIMIT_CORE', soft: 0, hard: 2 ** 64 },
      ];
      const env = { PATH: '/bin', GREETING: 'hello $(id)', LD_LIBRARY_PATH: '' };
      const more = { env, edit: { process: { rlimits } } };
      const [cwd, hostname, soft, hard, core, ...lines] = (await output(options, more, 'typed\n')).split('\n');
      expect([cwd, hostname, soft, hard, core]).toEqual(['/bin', 'box-1', '77', '88', '0']);
      expect(lines).toContain('typed');
      expect(lines).toContain('GREETING=hello $(id)');
      expect(lines.filter((line) => /^(?:WP_|LC_ALL|XDG_|_LIBCONTAINER|NOTIFY)/.test(line))).toEqual([]);
    });

    test('the user is the one asked for, with no privilege left', async () => {
      const nothing = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((name) => `${name}:${ZERO}`);
      for (const id of [0, 1234]) {
        const options = { ...sh(`id -u; id -g; id -G; ${STATUS}`), user: { uid: id, gid: id } };
        if (engine === 'runc' && identity === 'user' && id !== 0) {
          expect((await run(options)).failed).toMatchObject({
            code: 'CONFIG_INVALID',
            message: expect.stringContaining('runc needs the id 0'),
          });
          continue;
        }
        const lines = (await output(options)).split('\n');
        expect(lines).toEqual([`${id}`, `${id}`, `${id}`, ...nothing, 'NoNewPrivs:1']);
      }
    });

    test('the root can be written to, and the image stays as it was', async () => {
      const image = join(workshop.folder, `image-${engine}-${identity}`);
      buildTinyRootfs(image);
      giveTo(identity, image);
      const before = tree(image);
      const script =
        'echo new > /new; echo changed > /etc/passwd; rm /bin/uname; mkdir -p /a/b; cat /new; ls /bin/uname || :';
      expect(await output(sh(script), { rootfs: image })).toBe('new');
      expect(tree(image)).toEqual(before);
    });

    test('binds: read-only, writable, one file, below a tmpfs, at a place the image lacks; a read-only root', async () => {
      const data = join(workshop.folder, 'data');
      const writable = join(workshop.folder, `writable-${engine}-${identity}`);
      mkdirSync(writable);
      chmodSync(writable, 0o777);
      const binds = [
        { source: data, destination: '/deep/er/ro', readOnly: true },
        { source: writable, destination: '/mnt/rw' },
        { source: join(data, 'file'), destination: '/etc/one file', readOnly: true },
        { source: data, destination: '/tmp/dir', readOnly: true },
        { source: join(data, 'file'), destination: '/tmp/sub/one', readOnly: true },
      ];
      const script = [
        'cat /deep/er/ro/file "/etc/one file" /tmp/dir/file /tmp/sub/one',
        'for f in /deep/er/ro/new "/etc/one file" /tmp/dir/new /tmp/sub/one; do { echo x > "$f"; } 2>/dev/null || echo refused; done',
        'echo written > /mnt/rw/out; { echo x > /x; } 2>/dev/null || echo closed; echo x > /tmp/x && echo open',
      ].join('\n');
      for (const readOnly of [false, true]) {
        const text = await output({ ...sh(script), binds, readOnly });
        const root = readOnly ? ['closed', 'open'] : ['open'];
        expect(text.split('\n')).toEqual([...Array(4).fill('from the host'), ...Array(4).fill('refused'), ...root]);
        expect(readFileSync(join(writable, 'out'), 'utf8')).toBe('written\n');
      }
      expect(readFileSync(join(data, 'file'), 'utf8')).toBe('from the host\n');
      expect(existsSync(join(rootfs, 'deep'))).toBe(false);
    });

    test('the host is out of sight: files, processes, descriptors, variables', async () => {
      // The driver has the host's root folder as descriptor 20; `..` of it would be a way out.
      const script = `ls ${workshop.folder} 2>&1; for n in 3 4 5 6 7 8 9 20; do readlink /proc/$$/fd/$n; done; ls -d /proc/[0-9]*`;
      const lines = (await output(sh(script))).split('\n');
      expect(lines[0]).toContain('No such file');
      expect(
        lines.filter((line) => line.startsWith('/') && !line.startsWith('/proc/') && line !== '/dev/null'),
      ).toEqual([]);
      expect(lines.filter((line) => line.startsWith('/proc/')).length).toBeLessThanOrEqual(4);
    });

    test('variables of the config do not reach the tools of the host, nor the runtime', async () => {
      const trace = join(workshop.folder, `trace-${engine}-${identity}`);
      mkdirSync(trace);
      chmodSync(trace, 0o777);
      const env = { LD_DEBUG: 'files', LD_DEBUG_OUTPUT: join(trace, 'ld'), GODEBUG: 'x', PATH: '/bin', ENV: '/x' };
      expect((await run({ command: ['true'] }, { env })).exited?.exitCode).toBe(0);
      // A tool that saw LD_DEBUG_OUTPUT would have written here; in the container the folder does not exist.
      expect(readdirSync(trace)).toEqual([]);
    });

    test('without a network only the loopback device is there', async () => {
      const devices = (await output({ command: ['cat', '/proc/net/dev'], network: 'none' })).split('\n').slice(2);
      expect(devices).toEqual([expect.stringMatching(/^\s*lo:/)]);
    });

    test('parts of /proc are hidden or read-only', async () => {
      const script = [
        'cat /proc/keys /proc/timer_list 2>/dev/null',
        'for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do { echo x > $f; } 2>/dev/null || echo refused; done',
      ].join('\n');
      expect(await output(sh(script))).toBe('refused\nrefused');
    });

    test('hooks of the config run on the host, see the container, and their failure stops it', async () => {
      const seen = join(workshop.folder, `hooks-${engine}-${identity}`);
      mkdirSync(seen);
      chmodSync(seen, 0o777);
      const hook = (stage: string) => [{ path: '/bin/sh', args: ['sh', '-c', `cat > ${join(seen, stage)}`] }];
      const hooks = { createRuntime: hook('createRuntime'), poststart: hook('poststart'), poststop: hook('poststop') };
      const { events } = await run(sh('sleep 0.2'), { edit: { hooks } });
      const pid = events.find((event) => event.event === 'created')?.pid;
      const state = (stage: string) => JSON.parse(readFileSync(join(seen, stage), 'utf8'));
      expect(state('createRuntime')).toMatchObject({ status: 'creating', pid });
      expect(state('poststart')).toMatchObject({ status: 'running', pid });
      expect(state('poststop').status).toBe('stopped');
      const failing = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', 'echo why >&2; exit 4'] }] };
      const { failed, stdout } = await run({ command: ['echo', 'ran'] }, { edit: { hooks: failing } });
      expect(failed?.message).toContain('createRuntime hook "/bin/sh": it ended with 4: why');
      expect(stdout).toBe('');
    });

    const refusals: readonly { name: string; order: Partial<DriverOrder>; code: string; says?: string }[] = [
      { name: 'an image that is missing', order: { rootfs: '/no/such/image' }, code: 'IMAGE_UNSUPPORTED' },
      { name: 'an image that is a file', order: { rootfs: '/etc/passwd' }, code: 'IMAGE_UNSUPPORTED' },
      { name: 'an id that is a path', order: { id: '../x' }, code: 'ENGINE_FAILED' },
      { name: 'a config for another image', order: { edit: { root: { path: '/etc' } } }, code: 'CONFIG_INVALID' },
      { name: 'no command', order: { options: { command: [] } }, code: 'CONFIG_INVALID' },
      { name: 'a bind of what is missing', order: edited('bind', '/x', '/no/such'), code: 'CONFIG_INVALID' },
      { name: 'a bind of a file over a folder', order: edited('bind', '/bin', '/etc/passwd'), code: 'CONFIG_INVALID' },
      { name: 'a mount over a part of /proc', order: edited('bind', '/proc/sys', '/etc'), code: 'CONFIG_INVALID' },
      {
        name: 'an option of a bind that may be a restriction',
        order: edited('bind', '/x', '/etc', ['rbind', 'nosymfollow']),
        code: 'CONFIG_INVALID',
      },
      { name: 'a file system of a disk', order: edited('ext4', '/x', '/dev/sda1', []), code: 'CONFIG_INVALID' },
      {
        name: 'a device under the name of another',
        order: { edit: { linux: { devices: [{ path: '/dev/null', type: 'b', major: 8, minor: 0 }] } } },
        code: 'CONFIG_INVALID',
      },
      {
        name: 'to join a namespace of the host',
        order: { edit: { linux: { namespaces: [{ type: 'pid', path: '/proc/1/ns/pid' }] } } },
        code: 'CONFIG_INVALID',
      },
      {
        name: 'to run without a pid namespace',
        order: { edit: { linux: { namespaces: [{ type: 'mount' }] } } },
        code: 'CONFIG_INVALID',
      },
      {
        name: 'a mount that fails, in the words of the tool',
        order: edited('tmpfs', '/data', 'tmpfs', ['size=nonsense']),
        code: 'ENGINE_FAILED',
        says: 'data',
      },
    ];
    for (const { name, order, code, says = '' } of refusals) {
      test(`refuses ${name}`, async () => {
        const { failed, stdout } = await run({ command: ['echo', 'ran'] }, order);
        expect(failed).toMatchObject({ code, message: expect.stringContaining(says) });
        expect(stdout).toBe('');
      });
    }

    test.skipIf(engine === 'builtin')('a config that the runtime refuses fails with its own words', async () => {
      const { failed } = await run({ command: ['true'] }, { edit: { linux: { sysctl: { 'no.such': '1' } } } });
      expect(failed).toMatchObject({
        code: 'ENGINE_FAILED',
        message: expect.stringMatching(new RegExp(`^Cannot start the container with ${engine}: .*no.such`)),
      });
    });

    test.skipIf(engine === 'builtin')('a seccomp filter holds', async () => {
      const seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 }],
      };
      const script = 'mkdir /tmp/x 2>/dev/null || echo refused';
      expect(await output(sh(script), { edit: { linux: { seccomp } } })).toBe('refused');
    });

    test.skipIf(engine === 'builtin')('annotations that would be settings of the runtime are left out', async () => {
      const file = join(workshop.folder, `annotated-${engine}-${identity}`);
      const annotations = { 'run.oci.hooks.stdout': file, 'run.oci.handler': 'wasm', 'example.com/mine': 'x' };
      const { exited } = await run({ command: ['true'] }, { edit: { annotations } });
      expect(exited?.exitCode).toBe(0);
      expect(exited?.warnings.filter((text) => text.includes('run.oci.'))).toHaveLength(2);
      expect(existsSync(file)).toBe(false);
    });

    test.skipIf(engine === 'builtin')('a program of the runtime that is not there', async () => {
      const { failed } = await run({ command: ['true'] }, { enginePath: '/no/such/runtime' });
      expect(failed).toMatchObject({
        code: 'ENGINE_UNAVAILABLE',
        message: expect.stringContaining('/no/such/runtime'),
      });
    });

    test.skipIf(identity !== 'root')(
      'keeps the capabilities and groups that a config names, and only those',
      async () => {
        const capabilities = {
          ...{ bounding: ['CAP_CHOWN', 'CAP_NET_BIND_SERVICE'], ambient: ['CAP_NET_BIND_SERVICE'] },
          ...{ permitted: ['CAP_CHOWN', 'CAP_NET_BIND_SERVICE'], inheritable: ['CAP_NET_BIND_SERVICE'] },
          effective: ['CAP_CHOWN', 'CAP_NET_BIND_SERVICE'],
        };
        const text = await output(sh(`id -G; ${STATUS}`), {
          edit: { process: { capabilities, user: { uid: 0, gid: 5, additionalGids: [7, 9] } } },
        });
        expect(text.split('\n')).toEqual([
          '5 7 9',
          'CapInh:0000000000000400',
          'CapPrm:0000000000000401',
          'CapEff:0000000000000401',
          'CapBnd:0000000000000401',
          'CapAmb:0000000000000400',
          'NoNewPrivs:1',
        ]);
      },
    );

    test.skipIf(identity !== 'root')('makes a recursive bind read-only below too', async () => {
      // /dev has mounts below it on any machine, /dev/shm among them.
      const binds = [{ source: '/dev', destination: '/hostdev', readOnly: true }];
      const name = `wasm-plugin-test-${process.pid}`;
      const text = await output({ ...sh(`touch /hostdev/shm/${name} 2>/dev/null || echo refused`), binds });
      expect(text).toBe('refused');
      expect(existsSync(`/dev/shm/${name}`)).toBe(false);
    });

    test('limits of memory and processes hold, or the warning says which do not', async () => {
      const resources = { memory: { limit: 32 * 1024 * 1024 }, pids: { limit: 20 } };
      // `tail` keeps all it has read: ten times what is allowed.
      const script = [
        'head -c 400000000 /dev/zero | tail -c 300000000 > /dev/null; echo "tail: $?"',
        '(i=0; while [ $i -lt 30 ]; do sleep 60 & i=$((i + 1)); done) 2>/dev/null || echo "too many"',
      ].join('\n');
      const { exited, stdout } = await run(sh(script), { edit: { linux: { resources } } });
      const refused = exited?.warnings.filter((text) => /memory\.limit|pids\.limit/.test(text)) ?? [];
      if (identity === 'root' && existsSync('/sys/fs/cgroup/memory/cgroup.procs')) {
        expect(refused).toEqual([]);
      }
      if (refused.length === 0) {
        expect(stdout).toBe('tail: 137\ntoo many\n');
      } else {
        expect(refused.join()).toContain('memory.limit is not applied');
      }
    });
  });
}

function edited(type: string, destination: string, source: string, options?: readonly string[]): Partial<DriverOrder> {
  return { edit: { mounts: [{ destination, type, source, options: options ?? ['rbind'] }] } };
}

/** Every path with its size, mode and time of change. */
function tree(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => {
      const stat = statSync(join(folder, path), { throwIfNoEntry: false });
      return `${path} ${stat?.size} ${stat?.mode} ${stat?.mtimeMs}`;
    })
    .sort();
}

describe('selectEngine()', () => {
  const there =
    (...names: string[]) =>
    (name: string) =>
      names.includes(name);
  const choices = [
    { name: undefined, has: there('builtin', 'crun', 'runc'), want: 'builtin' },
    { name: 'auto', has: there('crun', 'runc'), want: 'crun' },
    { name: 'auto', has: there('runc'), want: 'runc' },
    { name: 'runc', has: there('builtin', 'crun', 'runc'), want: 'runc' },
  ];
  for (const { name, has, want } of choices) {
    test(`takes ${want} for ${name ?? 'nothing'}`, () => {
      expect(selectEngine(name, has).name).toBe(want);
    });
  }

  const failures = [
    { name: 'crun', has: there('runc'), hint: 'Here are: runc' },
    { name: 'docker', has: there('builtin', 'runc'), hint: 'Here are: builtin, runc' },
    { name: 'auto', has: there(), hint: 'doctor' },
  ];
  for (const { name, has, hint } of failures) {
    test(`fails for ${name}, and tells: ${hint}`, () => {
      const error = thrown(() => selectEngine(name, has));
      expect(error).toMatchObject({ code: 'ENGINE_UNAVAILABLE', hint: expect.stringContaining(hint) });
    });
  }
});
