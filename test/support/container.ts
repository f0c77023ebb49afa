/** Runs containers from tests, as root and as an ordinary user, through `container-driver.ts`. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { DriverEvent, DriverOrder } from './container-driver.js';

export type Identity = 'root' | 'user';
type Exited = Extract<DriverEvent, { event: 'exited' }>;
type Failed = Extract<DriverEvent, { event: 'failed' }>;

export interface Outcome {
  readonly exited: Exited | undefined;
  readonly failed: Failed | undefined;
  readonly events: readonly DriverEvent[];
  readonly stdout: string;
  readonly stderr: string;
}

export const ORDINARY_UID = 1000;

/** Every driver inherits the folder `/` here: a number that Node does not mark close-on-exec. */
const LEAKED_FD = 20;

/** A folder that both identities may use, removed by `dispose`. */
export interface Workshop {
  readonly folder: string;
  run(identity: Identity, order: DriverOrder, stdin?: string): Promise<Outcome>;
  /** Start without waiting; `events` grows as they come. */
  launch(identity: Identity, order: DriverOrder): { readonly process: ChildProcess; readonly events: DriverEvent[] };
  dispose(): void;
}

export function createWorkshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-test-'));
  chmodSync(folder, 0o755);
  const driver = buildDriver(folder);
  const leaked = openSync('/', 'r');

  function launch(identity: Identity, order: DriverOrder) {
    const [file, ...args] = [...become(identity), process.execPath, driver, JSON.stringify(order)];
    const child = spawn(file as string, args, {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', ...Array<'ignore'>(LEAKED_FD - 4).fill('ignore'), leaked],
      env: { PATH: process.env.PATH, TMPDIR: tmpdir() },
      cwd: '/',
    });
    const events: DriverEvent[] = [];
    let rest = '';
    child.stdio[3]?.on('data', (text: Buffer) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() as string;
      events.push(...lines.map((line) => JSON.parse(line) as DriverEvent));
    });
    return { process: child, events };
  }

  return {
    folder,
    launch,
    run: (identity, order, stdin = '') =>
      new Promise((resolve) => {
        const { process: child, events } = launch(identity, order);
        let stdout = '';
        let stderr = '';
        child.stdout?.on('data', (text: Buffer) => {
          stdout += text;
        });
        child.stderr?.on('data', (text: Buffer) => {
          stderr += text;
        });
        child.stdin?.on('error', () => undefined);
        child.stdin?.end(stdin);
        child.on('close', () => {
          const find = <K extends DriverEvent['event']>(kind: K) =>
            events.find((event): event is Extract<DriverEvent, { event: K }> => event.event === kind);
          resolve({ exited: find('exited'), failed: find('failed'), events, stdout, stderr });
        });
      }),
    dispose() {
      closeSync(leaked);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @returns the path of `container-driver.ts` as one file in `folder`. */
export function buildDriver(folder: string): string {
  const driver = join(folder, 'driver.mjs');
  buildSync({
    entryPoints: [fileURLToPath(new URL('container-driver.ts', import.meta.url))],
    outfile: driver,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  return driver;
}

/**
 * Whether containers can be run here as `identity`, for `skipIf`. Prints why not.
 *
 * With `CI=true` a machine that cannot is an error, except that root is not asked of a run by an ordinary user.
 */
export function canContain(identity: Identity): boolean {
  const isRoot = process.getuid?.() === 0;
  if (identity === 'root' && !isRoot) {
    process.stderr.write('containers as root: skipped, this is not root\n');
    return false;
  }
  const user = identity === 'user' ? ['--user', '--map-root-user'] : [];
  const trial = ['unshare', ...user, '--mount', '--pid', '--fork', '--', 'sh', '-c', 'mount -t tmpfs x /tmp'];
  const [file, ...args] = [...become(identity), ...trial];
  const result = spawnSync(file as string, args, { encoding: 'utf8' });
  if (result.status === 0) {
    return true;
  }
  const why = result.stderr?.trim() || String(result.error);
  if (process.env.CI === 'true') {
    throw new Error(`These tests need containers as ${identity}: ${why}`);
  }
  process.stderr.write(`containers as ${identity}: skipped, ${why}\n`);
  return false;
}

/** What to put before a command so that it runs as `identity`. */
export function become(identity: Identity): string[] {
  const isRoot = process.getuid?.() === 0;
  return identity === 'user' && isRoot
    ? ['setpriv', '--reuid', `${ORDINARY_UID}`, '--regid', `${ORDINARY_UID}`, '--clear-groups', '--']
    : [];
}

/** Give an image to the ordinary user, who could not write to files of root's even as root of a container. */
export function giveTo(identity: Identity, folder: string): void {
  if (identity === 'user' && process.getuid?.() === 0) {
    spawnSync('chown', ['-R', `${ORDINARY_UID}:${ORDINARY_UID}`, folder]);
  }
}

/** Whether a process is gone; a zombie that nobody has reaped counts as gone. */
export function isGone(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return true;
  }
}

/** Poll until `holds` does, for at most a minute: a machine may have much else to do. @returns whether it did. */
export async function eventually(holds: () => boolean): Promise<boolean> {
  const end = Date.now() + 60_000;
  while (!holds() && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return holds();
}
