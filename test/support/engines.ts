/** The engines that a machine has, for tables over all of them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from './container.js';
import { canContain, isGone } from './container.js';
import type { DriverOrder } from './container-driver.js';
import { needs } from './need.js';

export type EngineName = NonNullable<DriverOrder['engine']>;

export interface Combination {
  readonly engine: EngineName;
  readonly identity: Identity;
  /** False where the machine lacks what it takes; the reason is printed. */
  readonly possible: boolean;
}

/** Every engine as root and as an ordinary user. */
export function combinations(): Combination[] {
  const engines = (['builtin', 'crun', 'runc'] as const).map((engine) => ({
    engine,
    there: engine === 'builtin' || needs(engine),
  }));
  return (['root', 'user'] as const).flatMap((identity) => {
    const contains = canContain(identity);
    return engines.map(({ engine, there }) => ({ engine, identity, possible: contains && there }));
  });
}

/** What is left of the runs below a folder, found without asking an engine. A zombie that nobody has reaped counts as gone. */
export interface Left {
  readonly runs: readonly string[];
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
}

export const NOTHING: Left = { runs: [], processes: [], mounts: [], cgroups: [] };

/**
 * @param runBase - folder of the runs, which stands in the arguments of their processes.
 * @param mark - what all their ids begin with, and what stands in the arguments of their commands.
 */
export function leftOf(runBase: string, mark: string): Left {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== `${process.pid}`);
  return {
    runs: existsSync(runBase) ? readdirSync(runBase) : [],
    processes: pids.flatMap((pid) => {
      const command = textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
      const ours = command.includes(runBase) || command.includes(mark);
      return ours && !isGone(Number(pid)) ? [command] : [];
    }),
    // Also in namespaces that only a process which is not listed above would hold.
    mounts: pids.flatMap((pid) =>
      textOf(`/proc/${pid}/mountinfo`)
        .split('\n')
        .filter((line) => line.includes(runBase)),
    ),
    cgroups: cgroupsOf(mark),
  };
}

/** Cgroups of containers whose id begins with `prefix`, at most four levels down. */
export function cgroupsOf(prefix: string, folder = '/sys/fs/cgroup', depth = 4): string[] {
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

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
