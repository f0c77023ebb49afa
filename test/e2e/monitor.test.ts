/** What a monitor is told of a real container's life, and what it can do, on every engine. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encode, hooks } from '../../host/abi/index.js';
import type { MonitorActions, MonitorEvent, MonitorSession } from '../../host/dispatch/index.js';
import {
  buildTinyRootfs,
  createBuiltinEngine,
  createRuntimeEngine,
  makeConfig,
  runContainer,
} from '../../host/engine/index.js';
import { dispatcherOver } from '../support/dispatch.js';
import { combinations, type EngineName, type Left, leftOf, NOTHING } from '../support/engines.js';
import { installed } from '../support/example-plugin.js';
import { settle } from '../support/leftovers.js';
import { packPuppet } from '../support/puppet.js';

const root = process.getuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-monitor-'));
const runBase = join(folder, 'runs');
const rootfs = join(folder, 'rootfs');
beforeAll(() => buildTinyRootfs(rootfs));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Told = Omit<MonitorEvent, 'id' | 'uptimeMs' | 'pid'>;

let runs = 0;

/** What is left of a run: its janitor takes a moment to end. */
async function leftovers(id: string): Promise<Left> {
  await settle(() => leftOf(runBase, id).processes);
  return leftOf(runBase, id);
}

const engineOf = (name: EngineName) =>
  name === 'builtin' ? createBuiltinEngine({ runBase }) : createRuntimeEngine(name, { runBase });

/** In every container: a folder for what it and its monitor wait for. */
const READY = ': > /meet/ready;';
const UNTIL_TICKED = 'until [ -e /meet/ticked ]; do sleep 0.05; done;';

/**
 * Run `script` under a monitor, with a tick every 100 ms.
 *
 * @param answer - `nth` counts from when the script has got to `READY`.
 */
async function watched(
  engine: EngineName,
  script: string,
  answer: (event: Told, nth: number, forward: (signal: NodeJS.Signals) => void) => Partial<MonitorActions> = () => ({}),
) {
  let forward: (signal: NodeJS.Signals) => void = () => undefined;
  const told: Told[] = [];
  const meet = mkdtempSync(join(folder, 'meet-'));
  const nths = new Map<string, number>();
  const session: MonitorSession = {
    active: true,
    async tell({ id: _id, uptimeMs: _uptime, pid: _pid, ...event }) {
      told.push(event);
      const ready = existsSync(join(meet, 'ready'));
      if (ready && event.event === 'tick') writeFileSync(join(meet, 'ticked'), '');
      const nth = (nths.get(event.event) ?? 0) + (ready ? 1 : 0);
      nths.set(event.event, nth);
      return { signal: undefined, exitCode: undefined, nextTickMs: 100, ...answer(event, nth, forward) };
    },
  };
  runs += 1;
  const id = `monitored-${process.pid}-${runs}`;
  const status = await runContainer({
    engine: engineOf(engine),
    dispatcher: { postStart: async () => undefined, monitor: () => session },
    spec: {
      id,
      rootfs,
      config: makeConfig({
        rootfs,
        rootless: !root,
        command: ['sh', '-c', script],
        binds: [{ source: meet, destination: '/meet', readOnly: false }],
      }),
    },
    io: { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
    onSignal: (deliver) => {
      forward = deliver;
      return () => undefined;
    },
  });
  return { status, told, left: await leftovers(id) };
}

/** Until CPU time was used, and a tick has come since. */
const BUSY = `i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; ${READY} ${UNTIL_TICKED}`;

for (const { engine, identity, possible } of combinations()) {
  describe.skipIf(!possible || (identity === 'root') !== root)(`${engine} as ${identity}`, () => {
    test('ticks have figures, and so has the exit, with the real code', async () => {
      const { status, told, left } = await watched(engine, `${BUSY} exit 7`);
      expect(status).toEqual({ exitCode: 7 });
      expect(told[0]).toEqual({ event: 'started' });
      const ticks = told.filter(({ event }) => event === 'tick');
      const last = ticks.at(-1)?.stats;
      expect(last).toEqual({ memoryBytes: expect.any(Number), cpuUsec: expect.any(Number), pids: expect.any(Number) });
      expect(last?.pids).toBeGreaterThanOrEqual(1);
      expect(last?.memoryBytes).toBeGreaterThan(4096);
      const exited = told.at(-1);
      expect(exited).toMatchObject({ event: 'exited', exitCode: 7, stats: { ...last, cpuUsec: expect.any(Number) } });
      expect(exited?.stats?.cpuUsec).toBeGreaterThanOrEqual(last?.cpuUsec ?? Number.POSITIVE_INFINITY);
      expect(exited?.stats?.cpuUsec).toBeGreaterThan(10_000);
      expect(left).toEqual(NOTHING);
    });

    const actions: readonly {
      readonly name: string;
      readonly script: string;
      readonly signals: readonly NodeJS.Signals[];
      readonly status: object;
      readonly exited: object;
    }[] = [
      {
        name: 'SIGTERM, and the command ends as it likes',
        script: `trap "exit 5" TERM; ${READY} while :; do sleep 0.05; done`,
        signals: ['SIGTERM'],
        status: { exitCode: 5 },
        exited: { exitCode: 5 },
      },
      {
        name: 'SIGTERM, which the command does not handle',
        script: `${READY} while :; do sleep 0.05; done`,
        signals: ['SIGTERM'],
        status: { exitCode: 143, signal: 'SIGTERM' },
        exited: { exitSignal: 'SIGTERM' },
      },
      {
        name: 'SIGTERM, which it ignores, and SIGKILL at the next tick',
        script: `trap "" TERM; ${READY} while :; do sleep 0.05; done`,
        signals: ['SIGTERM', 'SIGKILL'],
        status: { exitCode: 137, signal: 'SIGKILL' },
        exited: { exitSignal: 'SIGKILL' },
      },
      {
        name: 'SIGSTOP, SIGCONT and SIGTERM',
        script: `trap "exit 5" TERM; ${READY} while :; do sleep 0.05; done`,
        signals: ['SIGSTOP', 'SIGCONT', 'SIGTERM'],
        status: { exitCode: 5 },
        exited: { exitCode: 5 },
      },
    ];
    for (const { name, script, signals, status: want, exited } of actions) {
      test(`a monitor sends ${name}`, async () => {
        const { status, told, left } = await watched(engine, script, ({ event }, nth) =>
          event === 'tick' ? { signal: signals[nth - 1] } : {},
        );
        expect(status).toEqual(want);
        expect(told.at(-1)).toEqual({ event: 'exited', stats: expect.anything(), ...exited });
        expect(told.filter(({ event }) => event === 'exited')).toHaveLength(1);
        // Its own signals are no news to it.
        expect(told.some(({ event }) => event === 'signal')).toBe(false);
        expect(left).toEqual(NOTHING);
      });
    }

    test('signals from outside are passed on and told, also when a monitor sets the exit code', async () => {
      const script = `trap "n=2" USR1; trap 'exit $n' TERM; ${READY} while :; do sleep 0.05; done`;
      const { status, told } = await watched(engine, script, ({ event }, nth, forward) => {
        if (event === 'tick' && nth === 1) forward('SIGUSR1');
        if (event === 'tick' && nth === 4) forward('SIGTERM');
        return event === 'exited' ? { exitCode: 42 } : {};
      });
      expect(told.filter(({ event }) => event === 'signal').map(({ signal }) => signal)).toEqual([
        'SIGUSR1',
        'SIGTERM',
      ]);
      expect(told.at(-1)).toMatchObject({ event: 'exited', exitCode: 2 });
      expect(status).toEqual({ exitCode: 42 });
    });

    test('an exclusive plugin with the grant stops the container and says with which code', async () => {
      const id = `plugged-${process.pid}-${engine}`;
      const dispatcher = await dispatcherOver([
        installed(
          await packPuppet({
            hook: hooks.monitorContainer.id,
            answer: encode(hooks.monitorContainer.response, { signal: 'SIGKILL', exitCode: 9 }),
            manifest: { monitor: 'exclusive', requests: ['process:signal'] },
          }),
        ),
      ]);
      const status = await runContainer({
        engine: engineOf(engine),
        dispatcher,
        spec: { id, rootfs, config: makeConfig({ rootfs, rootless: !root, command: ['sleep', '600'] }) },
        onSignal: () => () => undefined,
      });
      await dispatcher.close();
      expect(status).toEqual({ exitCode: 9 });
      expect(dispatcher.lines).toEqual([]);
      expect(await leftovers(id)).toEqual(NOTHING);
    });
  });
}
