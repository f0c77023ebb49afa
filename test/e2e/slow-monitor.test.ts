/** A monitor that blocks the whole process for longer than its interval: the container takes no longer, and its end is told, once and last. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import type { MonitorSession } from '../../host/dispatch/index.js';
import {
  buildTinyRootfs,
  createBuiltinEngine,
  makeConfig,
  probeEngines,
  runContainer,
} from '../../host/engine/index.js';

const [builtin] = probeEngines();
const usable = builtin?.usable === true;
if (!usable && process.env.CI === 'true') throw new Error(`No containers here: ${builtin?.problems.join('; ')}`);

const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-slow-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TICK_MS = 3000;
/** Says how many hundredths of a second its own work of half a second took. */
const COMMAND = `now() { read -r up _ < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
start=$(now); for i in 1 2 3 4 5; do sleep 0.1; done; echo $(($(now) - start)); exit 7`;

describe.skipIf(!usable)('a container under a slow monitor', () => {
  const ways = [
    { name: 'that blocks', wait: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TICK_MS) },
    { name: 'that answers later', wait: () => new Promise((resolve) => setTimeout(resolve, TICK_MS)) },
  ];
  test.each(ways)('$name', async ({ name, wait }) => {
    const rootfs = mkdtempSync(join(folder, 'rootfs-'));
    buildTinyRootfs(rootfs);
    const told: string[] = [];
    const session: MonitorSession = {
      active: true,
      async tell({ event, exitCode }) {
        told.push(exitCode === undefined ? event : `${event} ${exitCode}`);
        if (event === 'tick') await wait();
        return { signal: undefined, exitCode: undefined, nextTickMs: 100 };
      },
    };
    const builtinEngine = createBuiltinEngine({ runBase: join(folder, 'runs') });
    let output: Promise<string> = Promise.resolve('');
    const engine = {
      ...builtinEngine,
      async start(...args: Parameters<typeof builtinEngine.start>) {
        const container = await builtinEngine.start(...args);
        output = text(container.stdout as NonNullable<typeof container.stdout>);
        return container;
      },
    };
    const rootless = process.getuid?.() !== 0;
    const status = await runContainer({
      engine,
      dispatcher: { postStart: async () => undefined, monitor: () => session },
      spec: {
        id: `slow-${process.pid}-${name.length}`,
        rootfs,
        config: makeConfig({ rootfs, rootless, command: ['sh', '-c', COMMAND] }),
      },
      io: { stdout: 'pipe' },
      onSignal: () => () => undefined,
    });
    expect(status).toEqual({ exitCode: 7 });
    // On a machine with much to do half a second may become two, but not three.
    expect(Number(await output) * 10).toBeLessThan(TICK_MS - 500);
    expect(told).toEqual(['started', 'tick', 'exited 7']);
  });
});
