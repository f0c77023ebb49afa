/** Signals, holding and ending of containers on every engine, and that nothing of them stays however they end. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs } from '../../host/engine/index.js';
import type { Workshop } from '../support/container.js';
import { createWorkshop, eventually, giveTo, isGone } from '../support/container.js';
import type { DriverOrder } from '../support/container-driver.js';
import { combinations, leftOf, NOTHING } from '../support/engines.js';

let workshop: Workshop;
let rootfs: string;

beforeAll(() => {
  workshop = createWorkshop();
  rootfs = join(workshop.folder, 'rootfs');
  buildTinyRootfs(rootfs);
});

afterAll(() => workshop.dispose());

/** Files that show how far a run has come, in the order they are made. `ID` is that of the run. */
const STEPS = {
  builtin: ['owner.json', 'config.json', 'fstab.0'],
  crun: ['owner.json', 'config.json', 'told', 'log', 'state/ID', 'started'],
  runc: ['owner.json', 'config.json', 'told', 'log', 'state/ID', 'started'],
} as const;

for (const { engine, identity, possible } of combinations()) {
  describe.skipIf(!possible)(`the life of a container on ${engine} as ${identity}`, () => {
    const mark = `engines-${process.pid}-${engine}-${identity}-`;
    let runBase: string;
    let runs = 0;

    beforeAll(() => {
      const parent = join(workshop.folder, `runs-${engine}-${identity}`);
      mkdirSync(parent);
      giveTo(identity, parent);
      runBase = join(parent, 'base');
    });

    const order = (script: string, more: Partial<DriverOrder> = {}): DriverOrder => ({
      engine,
      rootfs,
      runBase,
      id: `${mark}${++runs}`,
      options: { command: ['sh', '-c', script, mark] },
      ...more,
    });
    const left = () => leftOf(runBase, mark);
    const nothingLeft = () => eventually(() => isDeepStrictEqual(left(), NOTHING));

    for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGKILL'] as const) {
      test(`${signal} ends a command that does not care`, async () => {
        const { exited } = await workshop.run(identity, order('echo up; exec sleep 60', { signalOnOutput: signal }));
        expect(exited?.signal).toBe(signal);
        expect(await nothingLeft(), JSON.stringify(left())).toBe(true);
      });
    }

    test('a signal that does not end others does not end it', async () => {
      const { exited } = await workshop.run(
        identity,
        order('echo up; sleep 0.3; exit 4', { signalOnOutput: 'SIGWINCH' }),
      );
      expect(exited?.exitCode).toBe(4);
    });

    test('the command can handle a signal, and ignore one', async () => {
      const handler = 'trap "echo got it; exit 5" TERM; echo up; while :; do sleep 0.05; done';
      const handled = await workshop.run(identity, order(handler, { signalOnOutput: 'SIGTERM' }));
      expect([handled.stdout, handled.exited?.exitCode]).toEqual(['up\ngot it\n', 5]);
      const ignored = await workshop.run(
        identity,
        order('trap "" HUP; echo up; sleep 0.3; exit 6', { signalOnOutput: 'SIGHUP' }),
      );
      expect(ignored.exited?.exitCode).toBe(6);
    });

    test('it tells what it uses', async () => {
      const { events } = await workshop.run(identity, order('echo up; exec sleep 60', { signalOnOutput: 'SIGTERM' }));
      const stats = events.find((event) => event.event === 'output')?.stats as Record<string, number>;
      expect(stats.memoryBytes).toBeGreaterThan(0);
      expect(stats.pids).toBeGreaterThanOrEqual(1);
      expect(stats.cpuUsec).toBeGreaterThanOrEqual(0);
    });

    test('background processes end with the command', async () => {
      const { events, exited } = await workshop.run(identity, order('sleep 60 & sleep 60 & exit 3'));
      expect(exited?.exitCode).toBe(3);
      expect(isGone(events.find((event) => event.event === 'created')?.pid ?? 0)).toBe(true);
      expect(await nothingLeft(), JSON.stringify(left())).toBe(true);
    });

    test('a held command runs when it is released, and never if it is killed', async () => {
      const released = await workshop.run(identity, order('echo ran', { hold: 'release' }));
      expect([released.stdout, released.exited?.exitCode]).toEqual(['ran\n', 0]);
      const killed = await workshop.run(identity, order('echo ran', { hold: 'kill' }));
      expect([killed.stdout, killed.exited?.exitCode]).toEqual(['', 137]);
      expect(await nothingLeft(), JSON.stringify(left())).toBe(true);
    });

    test('a failed setup leaves nothing', async () => {
      const mounts = [{ destination: '/data', type: 'tmpfs', source: 'tmpfs', options: ['size=nonsense'] }];
      const { failed } = await workshop.run(identity, order('true', { edit: { mounts } }));
      expect(failed?.code).toBe('ENGINE_FAILED');
      expect(await nothingLeft(), JSON.stringify(left())).toBe(true);
    });

    for (const step of STEPS[engine]) {
      test(`killed when ${step} is there, it leaves nothing`, async () => {
        const given = order(`sleep 60.${process.pid} & sleep 60.${process.pid}`);
        const path = join(runBase, `run-${given.id}`, step.replace('ID', given.id ?? ''));
        const { process: driver } = workshop.launch(identity, given);
        const end = Date.now() + 60_000;
        while (!existsSync(path) && Date.now() < end) {
          await new Promise(setImmediate);
        }
        expect(existsSync(path)).toBe(true);
        driver.kill('SIGKILL');
        expect(await nothingLeft(), JSON.stringify(left())).toBe(true);
      });
    }

    for (const hold of ['wait', undefined] as const) {
      test(`killed with ${hold === undefined ? 'a running' : 'a held'} container, it leaves nothing`, async () => {
        const script = 'mkdir -p /closed/inside && chmod 0 /closed; sleep 60 & sleep 60';
        const { process: driver, events } = workshop.launch(
          identity,
          order(script, hold === undefined ? {} : { hold }),
        );
        expect(await eventually(() => events.some((event) => event.event === 'created'))).toBe(true);
        const pid = events.find((event) => event.event === 'created')?.pid ?? 0;
        expect(isGone(pid)).toBe(false);
        driver.kill('SIGKILL');
        expect(await eventually(() => isGone(pid))).toBe(true);
        expect(await nothingLeft(), JSON.stringify(left())).toBe(true);
      });
    }

    test('a live run is not taken for a stale one, nor its id given twice', async () => {
      const first = workshop.launch(identity, order('sleep 60'));
      expect(await eventually(() => first.events.some((event) => event.event === 'created'))).toBe(true);
      const id = `${mark}${runs}`;
      const second = await workshop.run(identity, order('true', { id }));
      expect(second.failed).toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining('it is running') });
      expect(left().runs).toEqual([`run-${id}`]);
      first.process.kill('SIGKILL');
      expect(await nothingLeft(), JSON.stringify(left())).toBe(true);
    });

    test.skipIf(process.getuid?.() !== 0)('device nodes of an image are not devices', async () => {
      const image = join(workshop.folder, `nodes-${engine}-${identity}`);
      buildTinyRootfs(image);
      expect(spawnSync('mknod', [join(image, 'zero'), 'c', '1', '5']).status).toBe(0);
      chmodSync(join(image, 'zero'), 0o666);
      for (const readOnly of [false, true]) {
        const options = { command: ['head', '-c', '1', '/zero'], readOnly };
        const { stderr } = await workshop.run(identity, { engine, rootfs: image, runBase, options });
        expect(stderr).toContain('Permission denied');
      }
    });
  });
}
