/** Signals, limits, holding and ending of real containers, and that nothing of them stays. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs } from '../../host/engine/index.js';
import type { Identity, Workshop } from '../support/container.js';
import { canContain, createWorkshop, eventually, giveTo, isGone, ORDINARY_UID } from '../support/container.js';
import type { DriverOrder } from '../support/container-driver.js';

let workshop: Workshop;
let rootfs: string;

beforeAll(() => {
  workshop = createWorkshop();
  rootfs = join(workshop.folder, 'rootfs');
  buildTinyRootfs(rootfs);
});

afterAll(() => workshop.dispose());

for (const identity of ['root', 'user'] as const satisfies readonly Identity[]) {
  describe.skipIf(!canContain(identity))(`the life of a container as ${identity}`, () => {
    let runBase: string;
    let runs = 0;

    beforeAll(() => {
      const parent = join(workshop.folder, `runs-${identity}`);
      mkdirSync(parent);
      giveTo(identity, parent);
      runBase = join(parent, 'base');
    });

    const order = (script: string, more: Partial<DriverOrder> = {}): DriverOrder => ({
      rootfs,
      runBase,
      // Told apart from the containers of other test files, which run at the same time.
      id: `life-${process.pid}-${identity}-${++runs}`,
      options: { command: ['sh', '-c', script] },
      ...more,
    });

    const leftovers = () => ({
      runs: existsSync(runBase) ? readdirSync(runBase) : [],
      mounts: readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter((line) => line.includes(workshop.folder)),
      cgroups: cgroupsOf(`life-${process.pid}-`),
    });
    const nothing = { runs: [], mounts: [], cgroups: [] };

    for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGKILL'] as const) {
      test(`${signal} reaches the command`, async () => {
        const { exited } = await workshop.run(identity, order('echo up; exec sleep 60', { signalOnOutput: signal }));
        expect(exited?.signal).toBe(signal);
        expect(leftovers()).toEqual(nothing);
      });
    }

    test('the command can handle a signal', async () => {
      const script = 'trap "echo got it; exit 5" TERM; echo up; while :; do sleep 0.05; done';
      const { exited, stdout } = await workshop.run(identity, order(script, { signalOnOutput: 'SIGTERM' }));
      expect(stdout).toBe('up\ngot it\n');
      expect(exited?.exitCode).toBe(5);
    });

    test('it tells what it uses', async () => {
      const { events } = await workshop.run(identity, order('echo up; exec sleep 60', { signalOnOutput: 'SIGTERM' }));
      const stats = events.find((event) => event.event === 'output')?.stats as Record<string, number>;
      expect(stats.memoryBytes).toBeGreaterThan(0);
      expect(stats.pids).toBeGreaterThanOrEqual(2);
      expect(stats.cpuUsec).toBeGreaterThanOrEqual(0);
    });

    test('background processes end with the command', async () => {
      const { events, exited } = await workshop.run(identity, order('sleep 60 & sleep 60 & exit 3'));
      expect(exited?.exitCode).toBe(3);
      const created = events.find((event) => event.event === 'created');
      expect(isGone(created?.pid ?? 0)).toBe(true);
      expect(leftovers()).toEqual(nothing);
    });

    test('a held command does not run until it is released', async () => {
      const { exited, stdout } = await workshop.run(identity, order('echo ran', { hold: 'release' }));
      expect(stdout).toBe('ran\n');
      expect(exited?.exitCode).toBe(0);
    });

    test('a held command that is killed never runs', async () => {
      const { exited, stdout } = await workshop.run(identity, order('echo ran', { hold: 'kill' }));
      expect(stdout).toBe('');
      expect(exited?.exitCode).toBe(137);
      expect(leftovers()).toEqual(nothing);
    });

    test('a failed setup leaves nothing', async () => {
      const mounts = [{ destination: '/data', type: 'tmpfs', source: 'tmpfs', options: ['size=nonsense'] }];
      const { failed } = await workshop.run(identity, order('true', { edit: { mounts } }));
      expect(failed?.code).toBe('ENGINE_FAILED');
      expect(leftovers()).toEqual(nothing);
    });

    for (const hold of ['wait', undefined] as const) {
      test(`a killed engine takes ${hold === undefined ? 'a running' : 'a held'} container along`, async () => {
        const { process: driver, events } = workshop.launch(
          identity,
          order('mkdir -p /closed/inside && chmod 0 /closed; sleep 60 & sleep 60', hold === undefined ? {} : { hold }),
        );
        expect(await eventually(() => events.some((event) => event.event === 'created'))).toBe(true);
        const created = events.find((event) => event.event === 'created');
        const pids = [created?.pid ?? 0, ...childrenOf(created?.pid ?? 0)];
        expect(pids.some(isGone)).toBe(false);
        if (created?.event === 'created') digClosed(created.bundle, identity);
        driver.kill('SIGKILL');
        expect(await eventually(() => pids.every(isGone))).toBe(true);
        expect(leftovers().mounts).toEqual([]);
        // The janitor takes the folder and the cgroup, without another run.
        expect(await eventually(() => isDeepStrictEqual(leftovers(), nothing))).toBe(true);
      });
    }

    test('a live run is not taken for a stale one, nor its id given twice', async () => {
      const first = workshop.launch(identity, order('sleep 60', { id: `life-${process.pid}-same` }));
      expect(await eventually(() => first.events.some((event) => event.event === 'created'))).toBe(true);
      const second = await workshop.run(identity, order('true', { id: `life-${process.pid}-same` }));
      expect(second.failed).toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining('it is running') });
      expect(leftovers().runs).toEqual([`run-life-${process.pid}-same`]);
      first.process.kill('SIGKILL');
      const created = first.events.find((event) => event.event === 'created');
      expect(await eventually(() => isGone(created?.pid ?? 0))).toBe(true);
      await workshop.run(identity, order('true'));
      expect(await eventually(() => leftovers().runs.length === 0)).toBe(true);
    });

    test('limits hold, or the warning says which do not', async () => {
      const resources = { memory: { limit: 32 * 1024 * 1024 }, pids: { limit: 20 } };
      // `tail` keeps all it has read: ten times what is allowed.
      const script = 'head -c 400000000 /dev/zero | tail -c 300000000 > /dev/null; echo "tail: $?"';
      const { exited, stdout } = await workshop.run(identity, order(script, { edit: { linux: { resources } } }));
      const refused = exited?.warnings.filter((text) => /memory\.limit|pids\.limit/.test(text)) ?? [];
      if (identity === 'root' && existsSync('/sys/fs/cgroup/memory/cgroup.procs')) {
        expect(refused).toEqual([]);
      }
      if (refused.length === 0) {
        expect(stdout).toBe('tail: 137\n');
      } else {
        expect(refused.join()).toContain('memory.limit is not applied');
      }
    });
  });
}

/** Folders in folders, all closed, whose path no call takes whole: as a container can leave them. */
function digClosed(folder: string, identity: Identity): void {
  const dig = `const name = 'd'.repeat(200);
    for (let i = 0; i < 40; i++) {
      fs.mkdirSync(name);
      process.chdir(name);
    }
    for (let i = 0; i < 40; i++) {
      process.chdir('..');
      fs.chmodSync(name, 0);
    }`;
  const ids = identity === 'user' ? { uid: ORDINARY_UID, gid: ORDINARY_UID } : {};
  execFileSync(process.execPath, ['-e', dig], { cwd: folder, ...ids });
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** Cgroups of containers whose id begins with `prefix`, at most four levels down. */
function cgroupsOf(prefix: string, folder = '/sys/fs/cgroup', depth = 4): string[] {
  if (depth === 0 || !existsSync(folder)) {
    return [];
  }
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const path = join(folder, name);
      return name.startsWith(`wasm-plugin-${prefix}`) ? [path] : cgroupsOf(prefix, path, depth - 1);
    });
}
