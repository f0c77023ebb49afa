/** The builtin engine with real containers, as root and as an ordinary user. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs } from '../../host/engine/index.js';
import type { Identity, Workshop } from '../support/container.js';
import { canContain, createWorkshop, giveTo } from '../support/container.js';
import type { DriverOrder } from '../support/container-driver.js';

let workshop: Workshop;
let rootfs: string;

beforeAll(() => {
  workshop = createWorkshop();
  rootfs = join(workshop.folder, 'rootfs');
  buildTinyRootfs(rootfs);
  // What both identities can bind.
  mkdirSync(join(workshop.folder, 'data'));
  writeFileSync(join(workshop.folder, 'data/file'), 'from the host\n');
});

afterAll(() => workshop.dispose());

const sh = (script: string): DriverOrder['options'] => ({ command: ['sh', '-c', script] });
const order = (options: DriverOrder['options'], more: Partial<DriverOrder> = {}): DriverOrder => ({
  rootfs,
  options: options ?? {},
  ...more,
});

const exits = [
  { name: 'success', script: 'exit 0', want: { exitCode: 0 } },
  { name: 'failure', script: 'exit 1', want: { exitCode: 1 } },
  { name: 'any code', script: 'exit 42', want: { exitCode: 42 } },
  { name: 'the highest code', script: 'exit 255', want: { exitCode: 255 } },
  { name: 'TERM', script: 'kill -TERM $$', want: { exitCode: 143, signal: 'SIGTERM' } },
  { name: 'INT', script: 'kill -INT $$', want: { exitCode: 130, signal: 'SIGINT' } },
  { name: 'QUIT', script: 'kill -QUIT $$', want: { exitCode: 131, signal: 'SIGQUIT' } },
  { name: 'HUP', script: 'kill -HUP $$', want: { exitCode: 129, signal: 'SIGHUP' } },
  { name: 'KILL', script: 'kill -KILL $$', want: { exitCode: 137, signal: 'SIGKILL' } },
];

const commands = [
  { name: 'a name that is nowhere', command: ['no-such-command'], want: 127, says: 'not found' },
  { name: 'a path that is nowhere', command: ['/no/such/command'], want: 127, says: 'not found' },
  { name: 'a file that is no program', command: ['/etc/passwd'], want: 126, says: 'it is not executable' },
  { name: 'a directory', command: ['/bin'], want: 126, says: 'it is not executable' },
];

for (const identity of ['root', 'user'] as const satisfies readonly Identity[]) {
  describe.skipIf(!canContain(identity))(`a container as ${identity}`, () => {
    const output = async (options: DriverOrder['options'], more: Partial<DriverOrder> = {}, stdin = '') => {
      const result = await workshop.run(identity, order(options, more), stdin);
      expect(result.failed).toBeUndefined();
      return result.stdout.trim();
    };

    for (const { name, script, want } of exits) {
      test(`exit code: ${name}`, async () => {
        const { exited } = await workshop.run(identity, order(sh(script)));
        expect(exited).toEqual({ event: 'exited', ...want, warnings: [] });
      });
    }

    for (const { name, command, want, says } of commands) {
      test(`exit code: ${name}`, async () => {
        const { exited, stderr } = await workshop.run(identity, order({ command }));
        expect(stderr).toBe(`ERROR:   Cannot execute "${command[0]}" in the container: ${says}\n`);
        expect(exited?.exitCode).toBe(want);
      });
    }

    test('a command that cannot be executed does not drive the terminal', async () => {
      const { stderr } = await workshop.run(identity, order({ command: ['\u001b[2J'] }));
      expect(stderr).toBe('ERROR:   Cannot execute the command in the container: not found\n');
    });

    const searches = [
      { name: 'in the order of PATH', path: '/nowhere:/etc:/bin', command: 'echo', exitCode: 0 },
      { name: 'in the working directory, for an empty part', path: '/nowhere:', command: 'echo', exitCode: 0 },
      { name: 'in the working directory, for an empty PATH', path: '', command: 'echo', exitCode: 0 },
      { name: 'and not there otherwise', path: '/nowhere', command: 'echo', exitCode: 127 },
      { name: 'and not among the functions of our script', path: '/bin', command: 'wp_ready', exitCode: 127 },
    ];
    for (const { name, path, command, exitCode } of searches) {
      test(`a command is looked for ${name}`, async () => {
        const given = { ...order({ command: [command, 'found'], cwd: '/bin' }), env: { PATH: path } };
        const { exited, stdout } = await workshop.run(identity, given);
        expect({ exitCode: exited?.exitCode, stdout }).toEqual({ exitCode, stdout: exitCode === 0 ? 'found\n' : '' });
      });
    }

    test('arguments and variables arrive byte for byte', async () => {
      const odd = [
        '',
        ' two  words ',
        '$(id)`id`',
        "it's",
        '"quoted"',
        'line\nline',
        '-n',
        '*',
        'naïve 名',
        '\\n',
        '--',
      ];
      const env = Object.fromEntries(odd.map((value, index) => [`V${index}`, value]));
      const script =
        'for a in "$@"; do echo "<$a>"; done; for i in 0 1 2 3 4 5 6 7 8 9 10; do eval "echo \\"[\\$V$i]\\""; done';
      const text = await output({ command: ['sh', '-c', script, 'sh', ...odd] }, { env });
      // echo of dash reads backslashes itself.
      const shown = odd.map((value) => value.replace('\\n', '\n'));
      expect(text).toBe([...shown.map((value) => `<${value}>`), ...shown.map((value) => `[${value}]`)].join('\n'));
    });

    test('the command gets the variables of its config and no others', async () => {
      const text = await output({ command: ['env'] }, { env: { PATH: '/bin', LD_PRELOAD: '', GREETING: 'hello' } });
      expect(text.split('\n').sort()).toEqual([
        'GREETING=hello',
        'HOME=/root',
        'LD_PRELOAD=',
        'PATH=/bin',
        'TERM=xterm',
      ]);
    });

    test('a variable that no shell can pass is named in a warning', async () => {
      const { exited, stdout } = await workshop.run(identity, order({ command: ['env'] }, { env: { 'a.b': 'c' } }));
      expect(stdout).not.toContain('a.b');
      expect(exited?.warnings.join()).toContain('"a.b"');
    });

    test('working directory, host name and standard input', async () => {
      const options = { command: ['sh', '-c', 'pwd; hostname; cat'], cwd: '/bin', hostname: 'box-1' };
      expect(await output(options, {}, 'typed')).toBe('/bin\nbox-1\ntyped');
    });

    test('a working directory that is missing is a setup failure', async () => {
      const { failed } = await workshop.run(identity, order({ command: ['true'], cwd: '/nowhere' }));
      expect(failed).toMatchObject({
        code: 'ENGINE_FAILED',
        message: 'Cannot start the container: its working directory "/nowhere" cannot be used: it does not exist',
      });
    });

    test('the user is the one asked for, with no privilege left', async () => {
      const status =
        'while read -r k v; do case $k in CapEff:|CapPrm:|CapBnd:|CapInh:|NoNewPrivs:) echo "$k$v";; esac; done';
      const script = `id -u; id -g; id -G; ${status} < /proc/self/status`;
      const zero = '0000000000000000';
      const caps = [`CapInh:${zero}`, `CapPrm:${zero}`, `CapEff:${zero}`, `CapBnd:${zero}`, 'NoNewPrivs:1'];
      for (const id of [0, 1234]) {
        const text = await output({ ...sh(script), command: ['sh', '-c', script], user: { uid: id, gid: id } });
        expect(text.split('\n')).toEqual([`${id}`, `${id}`, `${id}`, ...caps]);
      }
    });

    test('the root can be written to, and the image stays as it was', async () => {
      const image = join(workshop.folder, `image-${identity}`);
      buildTinyRootfs(image);
      giveTo(identity, image);
      const before = tree(image);
      const script =
        'echo new > /new; echo changed > /etc/passwd; rm /bin/uname; mkdir -p /a/b; cat /new /etc/passwd; ls /bin/uname';
      const result = await workshop.run(identity, { rootfs: image, options: { command: ['sh', '-c', script] } });
      expect(result.stdout).toBe('new\nchanged\n');
      expect(result.stderr).toContain('No such file');
      expect(tree(image)).toEqual(before);
    });

    test('a read-only root refuses writes', async () => {
      const script = 'touch /x 2>/dev/null || echo refused; touch /tmp/x && echo "tmp works"';
      expect(await output({ command: ['sh', '-c', script], readOnly: true })).toBe('refused\ntmp works');
    });

    test('binds: read-only, writable, one file, below a tmpfs, at a place the image lacks', async () => {
      const data = join(workshop.folder, 'data');
      const writable = join(workshop.folder, `writable-${identity}`);
      mkdirSync(writable, { mode: 0o777 });
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
        'echo written > /mnt/rw/out',
      ].join('\n');
      chmodSync(writable, 0o777);
      for (const readOnly of [false, true]) {
        const text = await output({ command: ['sh', '-c', script], binds, readOnly });
        expect(text.split('\n')).toEqual([...Array(4).fill('from the host'), ...Array(4).fill('refused')]);
        expect(readFileSync(join(writable, 'out'), 'utf8')).toBe('written\n');
      }
      expect(readFileSync(join(data, 'file'), 'utf8')).toBe('from the host\n');
      expect(existsSync(join(rootfs, 'deep'))).toBe(false);
    });

    test('a mount point behind a link of the image stays inside', async () => {
      const image = join(workshop.folder, `linked-${identity}`);
      buildTinyRootfs(image, ['cat', 'ls']);
      const target = join(workshop.folder, `outside-${identity}`);
      mkdirSync(target);
      symlinkSync(target, join(image, 'leads-out'));
      symlinkSync('../../../../../../etc', join(image, 'climbs'));
      const binds = [
        { source: join(workshop.folder, 'data'), destination: '/leads-out/x' },
        { source: join(workshop.folder, 'data'), destination: '/climbs/x' },
      ];
      const result = await workshop.run(identity, {
        rootfs: image,
        options: { command: ['cat', '/leads-out/x/file', '/etc/x/file'], binds },
      });
      expect(result.stdout).toBe('from the host\nfrom the host\n');
      expect(readdirSync(target)).toEqual([]);
      expect(existsSync('/etc/x')).toBe(false);
    });

    test('the host is out of sight', async () => {
      const script = `ls ${workshop.folder} 2>&1; cat /proc/self/mountinfo; ls /proc; cat /proc/self/cgroup >/dev/null`;
      const text = await output(sh(script));
      expect(text).toContain('No such file');
      // Its own processes only: sh and ls are at most two.
      expect(text.split('\n').filter((line) => /^\d+$/.test(line)).length).toBeLessThanOrEqual(4);
      const roots = text.split('\n').filter((line) => / \/ \/ /.test(line));
      expect(roots).toHaveLength(1);
      expect(roots[0]).toContain(' - overlay ');
    });

    test('no descriptor of the host is inherited', async () => {
      // The driver has the host's root folder as descriptor 20; `..` of it would be a way out.
      const script =
        'ls /proc/self/fd/20/ 2>&1; readlink /proc/self/fd/20; for n in 3 4 5 6 7 8 9; do readlink /proc/$$/fd/$n; done';
      const text = await output(sh(script));
      expect(text.split('\n')).toEqual(["ls: cannot access '/proc/self/fd/20/': Not a directory", '/dev/null']);
    });

    test('without a network only the loopback device is there', async () => {
      const devices = async (network: 'none' | 'host') =>
        (await output({ command: ['cat', '/proc/net/dev'], network })).split('\n').slice(2);
      const alone = await devices('none');
      expect(alone).toHaveLength(1);
      expect(alone[0]).toMatch(/^\s*lo:/);
    });

    test('limits of the process', async () => {
      const rlimits = [{ type: 'RLIMIT_NOFILE', soft: 77, hard: 88 }];
      expect(await output(sh('ulimit -Sn; ulimit -Hn'), { edit: { process: { rlimits } } })).toBe('77\n88');
    });

    test('parts of /proc are hidden or read-only', async () => {
      const script = [
        'cat /proc/keys /proc/timer_list',
        'for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do { echo x > $f; } 2>/dev/null || echo refused; done',
      ].join('\n');
      expect(await output(sh(script))).toBe('refused\nrefused');
    });

    test('doctor finds the engine usable where containers run', async () => {
      const { events } = await workshop.run(identity, order({}, { probe: true }));
      expect(events).toEqual([{ event: 'probe', problems: [] }]);
    });

    const unusable = [
      { name: 'an image that is missing', change: { rootfs: '/no/such/image' }, code: 'IMAGE_UNSUPPORTED' },
      { name: 'an image that is a file', change: { rootfs: '/etc/passwd' }, code: 'IMAGE_UNSUPPORTED' },
      { name: 'an id that is a path', change: { id: '../x' }, code: 'ENGINE_FAILED' },
      { name: 'a config for another image', change: { edit: { root: { path: '/etc' } } }, code: 'CONFIG_INVALID' },
      { name: 'no command', change: { options: { command: [] } }, code: 'CONFIG_INVALID' },
      {
        name: 'a bind of what is missing',
        change: { options: { command: ['true'], binds: [{ source: '/no/such', destination: '/x' }] } },
        code: 'CONFIG_INVALID',
      },
      {
        name: 'a bind of a file over a directory',
        change: { options: { command: ['true'], binds: [{ source: '/etc/passwd', destination: '/bin' }] } },
        code: 'CONFIG_INVALID',
      },
    ];
    for (const { name, change, code } of unusable) {
      test(`refuses ${name}`, async () => {
        const { failed } = await workshop.run(identity, { ...order({ command: ['true'] }), ...change });
        expect(failed?.code).toBe(code);
      });
    }

    test('the setup tells which tool failed', async () => {
      const mounts = [{ destination: '/data', type: 'tmpfs', source: 'tmpfs', options: ['size=nonsense'] }];
      const { failed, stderr } = await workshop.run(identity, order({ command: ['true'] }, { edit: { mounts } }));
      expect(failed).toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringMatching(/mount: .*\/data/) });
      expect(stderr).toBe('');
    });
  });
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
