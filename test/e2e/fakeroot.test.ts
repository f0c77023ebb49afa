/** `run --fakeroot`, as an ordinary user with ids of their own, on every engine. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { packPlugin, readPackage } from '../../host/package/index.js';
import { eventually } from '../support/container.js';
import { leftOf, NOTHING } from '../support/engines.js';
import { compileExample } from '../support/example-plugin.js';
import type { SubuserWorkshop } from '../support/fakeroot.js';
import { canMapIds, createSubuserWorkshop, SUBUSER } from '../support/fakeroot.js';
import { needs } from '../support/need.js';

const possible = canMapIds();
const MAPS = 'while read a b c; do echo "$a $b $c"; done < /proc/self/uid_map';
const ENGINES = (['builtin', 'crun', 'runc'] as const).filter((engine) => engine === 'builtin' || needs(engine));

describe.skipIf(!possible)('run --fakeroot', () => {
  let workshop: SubuserWorkshop;
  beforeAll(() => {
    workshop = createSubuserWorkshop();
  });
  afterAll(() => workshop.dispose());
  afterEach(async () => {
    // Who removes it all is itself on its way out.
    await eventually(() => JSON.stringify(leftOf(workshop.runBase, workshop.folder)) === JSON.stringify(NOTHING));
    expect(leftOf(workshop.runBase, workshop.folder)).toEqual(NOTHING);
  });
  const shell = (script: string, ...options: string[]) => [
    'run',
    '--fakeroot',
    ...options,
    workshop.image,
    'sh',
    '-c',
    script,
  ];

  for (const engine of ENGINES) {
    describe(`on ${engine}`, () => {
      test('is root inside and can give files away, in the container and in a folder of the user', async () => {
        const script = `id -u; touch /a /mnt/${engine}; chown 1:1 /a /mnt/${engine}; stat -c %u:%g /a /mnt/${engine}`;
        const bind = ['--bind', `${workshop.volume}:/mnt`];
        const result = await workshop.run(shell(script, '--engine', engine, ...bind));
        expect(result).toEqual({ exitCode: 0, stdout: '0\n1:1\n1:1\n', stderr: '' });
        expect(statSync(join(workshop.volume, engine))).toMatchObject({ uid: 300_000, gid: 400_000 });
      });

      test('closed folders of other ids go with the container', async () => {
        const script = 'mkdir -p /d/e; touch /d/e/f; chown -R 9:9 /d; chmod -R 700 /d; ls /d/e; exit 3';
        expect(await workshop.run(shell(script, '--engine', engine))).toMatchObject({ exitCode: 3, stdout: 'f\n' });
      });

      test('and when wasm-plugin is killed', async () => {
        const script = 'mkdir -p /d/e; touch /d/e/f; chown -R 9:9 /d; chmod -R 700 /d; echo made; sleep 100';
        expect(await workshop.killed(shell(script, '--engine', engine))).toMatchObject({ stdout: 'made\n' });
        expect(await eventually(() => !existsSync(workshop.runBase))).toBe(true);
      });

      const idsAs = (uidMappings: object[], user: object) => ({
        engine,
        options: { command: ['sh', '-c', 'id; touch /tmp/a; stat -c %u:%g /tmp/a'] },
        edit: { process: { user }, linux: { uidMappings, gidMappings: groups } },
      });
      const groups = [
        { containerID: 0, hostID: SUBUSER.gid, size: 1 },
        { containerID: 1, hostID: 400_000, size: 500 },
      ];
      const root = { containerID: 0, hostID: SUBUSER.uid, size: 1 };

      test('a command of another user has the ids and groups that the config says', async () => {
        const map = [root, { containerID: 1, hostID: 300_000, size: 1000 }];
        const { stdout } = await workshop.drive(idsAs(map, { uid: 7, gid: 8, additionalGids: [9, 10] }));
        expect(stdout).toBe('uid=7 gid=8 groups=8,9,10\n7:8\n');
      });

      test('a config with ids of others fails, in the words of newuidmap', async () => {
        const map = [root, { containerID: 1, hostID: 0, size: 1 }];
        const { events } = await workshop.drive(idsAs(map, { uid: 0, gid: 0 }));
        const message = expect.stringMatching(/Cannot give the container its ids: newuidmap: .*not allowed/);
        expect(events).toEqual([{ event: 'failed', code: 'ENGINE_FAILED', message }]);
      });

      test('needs newuidmap, and says so', async () => {
        const hidden = ['/usr/bin/newuidmap'];
        const result = await workshop.run(shell('true', '--engine', engine), { hidden });
        expect(result.exitCode).toBe(125);
        expect(result.stderr).toContain('cannot give the container more than one id: newuidmap not installed');
        expect(result.stderr).toMatch(/HINT: +Install newuidmap and newgidmap/);
      });
    });
  }

  test('the files are those of the machine: a user without ids is told where they come from', async () => {
    const result = await workshop.run(shell('true'), { etc: { subgid: 'other:1:1\n' } });
    expect(result.exitCode).toBe(125);
    expect(result.stderr).toContain(`cannot map ids: /etc/subgid gives none to uid ${SUBUSER.uid}`);
  });

  test('a dry run shows the maps', async () => {
    const { stdout } = await workshop.run(shell('true', '--dry-run', '--json'));
    expect((JSON.parse(stdout) as { config: object }).config).toMatchObject({
      linux: {
        uidMappings: [
          { containerID: 0, hostID: SUBUSER.uid, size: 1 },
          { containerID: 1, hostID: 300_000, size: 1000 },
        ],
        gidMappings: [
          { containerID: 0, hostID: SUBUSER.gid, size: 1 },
          { containerID: 1, hostID: 400_000, size: 500 },
          { containerID: 501, hostID: 500_000, size: 500 },
        ],
      },
    });
  });

  test('changes nothing for root, and says so', async () => {
    const result = await workshop.run(shell(MAPS), { asRoot: true });
    expect(result).toMatchObject({ exitCode: 0, stdout: '0 0 4294967295\n' });
    expect(result.stderr).toContain('--fakeroot changes nothing');
  });

  describe('with plugins/site-user-mapping', () => {
    const NAME = 'example.com/site-user-mapping';
    const site = (name: string) => join(workshop.folder, 'etc/wasm-plugin-site', name);
    let second = '';
    beforeAll(async () => {
      const bytes = await compileExample('site-user-mapping');
      const { component, manifest } = readPackage(bytes);
      const first = join(workshop.folder, 'first.sif');
      second = join(workshop.folder, 'second.sif');
      writeFileSync(first, bytes);
      writeFileSync(second, packPlugin({ component, manifest: { ...manifest, name: 'example.com/second' } }));
      mkdirSync(join(workshop.folder, 'etc/wasm-plugin-site'));
      expect(await workshop.run(['install', '--yes', first])).toMatchObject({ exitCode: 0 });
    });
    afterAll(async () => {
      await workshop.run(['uninstall', NAME]);
    });

    test('the ids are those of the site', async () => {
      writeFileSync(site('subuid'), `${SUBUSER.name}:300100:5\n`);
      writeFileSync(site('subgid'), `${SUBUSER.uid}:500000:7\n`);
      const result = await workshop.run(shell(MAPS));
      expect(result).toMatchObject({ exitCode: 0, stdout: `0 ${SUBUSER.uid} 1\n1 300100 5\n` });
    });

    test('foreign ids are refused', async () => {
      writeFileSync(site('subuid'), `${SUBUSER.name}:0:5\n`);
      const result = await workshop.run(shell('echo started'));
      expect(result).toMatchObject({ exitCode: 125, stdout: '' });
      expect(result.stderr).toContain(`1 0 5 is not within what the file gives to uid ${SUBUSER.uid}`);
    });

    test('so is a plugin that fails', async () => {
      writeFileSync(site('subuid'), 'other:300000:1\n');
      const result = await workshop.run(shell('echo started'));
      expect(result).toMatchObject({ exitCode: 125, stdout: '' });
      expect(result.stderr).toContain('There is no line for subuser');
    });

    test('and it is not asked without --fakeroot', async () => {
      expect(await workshop.run(['run', workshop.image, 'sh', '-c', 'echo ran'])).toMatchObject({
        exitCode: 0,
        stdout: 'ran\n',
      });
    });

    test('two such plugins conflict', async () => {
      await workshop.run(['install', '--yes', second]);
      const result = await workshop.run(shell('echo started'));
      await workshop.run(['uninstall', 'example.com/second']);
      expect(result).toMatchObject({ exitCode: 125, stdout: '' });
      expect(result.stderr).toContain('both want to map the ids of users');
    });
  });

  test('the files of the machine are as they were', () => {
    expect(readFileSync('/etc/passwd', 'utf8')).not.toContain(SUBUSER.name);
  });
});
