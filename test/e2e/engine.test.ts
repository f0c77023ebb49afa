/** What only the builtin engine does, or in words of its own; the rest, with the other engines, is engines.test.ts. */
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs } from '../../host/engine/index.js';
import type { Identity, Workshop } from '../support/container.js';
import { canContain, createWorkshop } from '../support/container.js';
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

    test('no variable takes the place of another, whatever it is called', async () => {
      const env = ['PATH=/bin', 'WP_ENV_2=a', 'A=right', 'WP_ENV__5=b', 'WP_ENV_0=c', 'B=right'];
      const { stdout } = await workshop.run(identity, {
        rootfs,
        options: { command: ['sh', '-c', 'export -p'] },
        edit: { process: { env } },
      });
      const found = [...stdout.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => `${name}=${value}`);
      expect(found.filter((entry) => !entry.startsWith('PWD='))).toEqual(env.toSorted());
    });

    test('a variable that no shell can pass is named in a warning', async () => {
      const { exited, stdout } = await workshop.run(identity, order({ command: ['env'] }, { env: { 'a.b': 'c' } }));
      expect(stdout).not.toContain('a.b');
      expect(exited?.warnings.join()).toContain('"a.b"');
    });

    test('a working directory that is missing is a setup failure', async () => {
      const { failed } = await workshop.run(identity, order({ command: ['true'], cwd: '/nowhere' }));
      expect(failed).toMatchObject({
        code: 'ENGINE_FAILED',
        message: 'Cannot start the container: its working directory "/nowhere" cannot be used: it does not exist',
      });
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

    test('doctor finds the engine usable where containers run', async () => {
      const { events } = await workshop.run(identity, order({}, { probe: true }));
      expect(events).toEqual([{ event: 'probe', problems: [] }]);
    });
  });
}
