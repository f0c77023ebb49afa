/**
 * A program that runs one container, so that tests can run it as another user and kill it.
 *
 * argv: a `DriverOrder` as JSON. Descriptor 3 gets one JSON `DriverEvent` a line; 0 to 2 belong to the container.
 */
import { writeSync } from 'node:fs';
import type { Engine, MakeConfigOptions } from '../../host/engine/index.js';
import { createBuiltinEngine, createRuntimeEngine, makeConfig, probeEngines } from '../../host/engine/index.js';
import type { OciConfig } from '../../host/oci/index.js';

export interface DriverOrder {
  readonly probe?: boolean;
  readonly id?: string;
  readonly rootfs: string;
  readonly options?: Partial<Omit<MakeConfigOptions, 'rootfs' | 'env'>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Laid over the made config; objects are merged, everything else replaces. */
  readonly edit?: object;
  readonly runBase?: string;
  /** Default builtin. */
  readonly engine?: 'builtin' | 'crun' | 'runc';
  /** Program of the engine, instead of the one that is found by name. */
  readonly enginePath?: string;
  /** How long each step of a runtime may take. */
  readonly stepTimeoutMs?: number;
  /** What to do with a held container. */
  readonly hold?: 'release' | 'kill' | 'wait';
  /** Send this once the command has written anything to stdout. */
  readonly signalOnOutput?: NodeJS.Signals;
}

export type DriverEvent =
  | { readonly event: 'probe'; readonly problems: readonly string[] }
  | { readonly event: 'created'; readonly pid: number; readonly bundle: string }
  | { readonly event: 'output'; readonly text: string; readonly stats: object }
  | {
      readonly event: 'exited';
      readonly exitCode: number;
      readonly signal?: string;
      readonly warnings: readonly string[];
    }
  | { readonly event: 'failed'; readonly code: string; readonly message: string };

const EVENTS_FD = 3;

function tell(event: DriverEvent): void {
  writeSync(EVENTS_FD, `${JSON.stringify(event)}\n`);
}

function merge(base: unknown, edit: unknown): unknown {
  if (!isPlain(base) || !isPlain(edit)) {
    return edit;
  }
  const names = Object.entries(edit).map(([name, value]) => [name, merge(base[name], value)] as const);
  return { ...base, ...Object.fromEntries(names) };
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function createEngine({ engine = 'builtin', runBase, enginePath, stepTimeoutMs }: DriverOrder): Engine {
  const options = runBase === undefined ? {} : { runBase };
  if (engine === 'builtin') return createBuiltinEngine(options);
  return createRuntimeEngine(engine, {
    ...options,
    ...(enginePath === undefined ? {} : { path: enginePath }),
    ...(stepTimeoutMs === undefined ? {} : { stepTimeoutMs }),
  });
}

async function main(order: DriverOrder): Promise<void> {
  if (order.probe === true) {
    tell({ event: 'probe', problems: probeEngines()[0]?.problems ?? [] });
    return;
  }
  const rootless = process.getuid?.() !== 0;
  const config = merge(
    makeConfig({
      rootfs: order.rootfs,
      command: ['true'],
      rootless,
      ...order.options,
      ...(order.env === undefined ? {} : { env: new Map(Object.entries(order.env)) }),
    }),
    order.edit ?? {},
  ) as OciConfig;
  const warnings: string[] = [];
  const engine = createEngine(order);
  const container = await engine.start(
    { id: order.id ?? `test-${process.pid}`, rootfs: order.rootfs, config },
    {
      stdout: order.signalOnOutput === undefined ? 'inherit' : 'pipe',
      hold: order.hold !== undefined,
      onWarning: (text) => warnings.push(text),
    },
  );
  tell({ event: 'created', pid: container.pid, bundle: container.bundle });
  container.stdout?.once('data', (text: Buffer) => {
    tell({ event: 'output', text: text.toString(), stats: container.stats() });
    container.signal(order.signalOnOutput as NodeJS.Signals);
  });
  container.stdout?.pipe(process.stdout);
  if (order.hold === 'release') {
    await container.release();
  } else if (order.hold === 'kill') {
    container.kill();
  }
  tell({ event: 'exited', ...(await container.exited), warnings });
}

main(JSON.parse(process.argv[2] as string) as DriverOrder).catch((error: Error & { code?: string }) => {
  tell({ event: 'failed', code: error.code ?? error.name, message: error.message });
});
