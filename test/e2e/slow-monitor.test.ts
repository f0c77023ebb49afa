/** A monitor that blocks the whole process for longer than its interval: the container takes no longer, and its end is told, once and last. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { MonitorSession } from '../../host/dispatch/index.js';
import {
  buildTinyRootfs,
  createBuiltinEngine,
  makeConfig,
  probeEngines,
  runContainer,
} from '../../host/engine/index.js';
import { isGone } from '../support/container.js';

const [builtin] = probeEngines();
const usable = builtin?.usable === true;
if (!usable && process.env.CI === 'true') throw new Error(`No containers here: ${builtin?.problems.join('; ')}`);

const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-slow-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Far longer than the command takes on any machine. */
const PATIENCE_MS = 120_000;
const COMMAND = 'until [ -e /seen/tick ]; do sleep 0.05; done; for i in 1 2 3 4 5; do sleep 0.1; done; exit 7';

describe.skipIf(!usable)('a container under a slow monitor', () => {
  const ways = [
    { name: 'that blocks', pause: (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms) },
    { name: 'that answers later', pause: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)) },
  ];
  /** As long as the command of a container runs: for ever, if that waited for the monitor. */
  async function wait(init: number, pause: (ms: number) => unknown): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; !isGone(init); await pause(100)) {
      if (Date.now() > end) throw new Error('The container waits for its monitor');
    }
  }

  test.each(ways)('$name', async ({ name, pause }) => {
    const rootfs = mkdtempSync(join(folder, 'rootfs-'));
    buildTinyRootfs(rootfs);
    const seen = mkdtempSync(join(folder, 'seen-'));
    const told: string[] = [];
    const session: MonitorSession = {
      active: true,
      async tell({ event, exitCode, pid }) {
        told.push(exitCode === undefined ? event : `${event} ${exitCode}`);
        if (event === 'tick') {
          writeFileSync(join(seen, 'tick'), '');
          await wait(pid, pause);
        }
        return { signal: undefined, exitCode: undefined, nextTickMs: 100 };
      },
    };
    const engine = createBuiltinEngine({ runBase: join(folder, 'runs') });
    const rootless = process.getuid?.() !== 0;
    const status = await runContainer({
      engine,
      dispatcher: { postStart: async () => undefined, monitor: () => session },
      spec: {
        id: `slow-${process.pid}-${name.length}`,
        rootfs,
        config: makeConfig({
          rootfs,
          rootless,
          command: ['sh', '-c', COMMAND],
          binds: [{ source: seen, destination: '/seen', readOnly: true }],
        }),
      },
      onSignal: () => () => undefined,
    });
    expect(status).toEqual({ exitCode: 7 });
    expect(told).toEqual(['started', 'tick', 'exited 7']);
  });
});
