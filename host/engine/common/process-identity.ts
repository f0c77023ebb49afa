/** Which process something belongs to, so that a later process with its number, or one of another boot, is not taken for it. */
import { readFileSync, readlinkSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, in clock ticks since boot: tells a process from a later one with its pid. */
  readonly startTime: string;
  readonly bootId: string;
  readonly pidNamespace: string;
}

export function ourselves(): ProcessIdentity {
  return identityOf(process.pid);
}

/** The process that has this number now; if none has it, what `lifeOf` says is gone. */
export function identityOf(pid: number): ProcessIdentity {
  // The order is part of owner.json (run-directory.ts).
  return { pid, startTime: startTimeOf(pid) ?? '', bootId: bootId(), pidNamespace: pidNamespace() };
}

/** @returns `elsewhere` for a process of another pid namespace, whose number means nothing here. */
export function lifeOf({ pid, startTime, bootId: boot, pidNamespace: namespace }: ProcessIdentity): ProcessLife {
  if (boot !== bootId()) return 'gone';
  if (namespace !== pidNamespace()) return 'elsewhere';
  return startTimeOf(pid) === startTime ? 'alive' : 'gone';
}

export type ProcessLife = 'alive' | 'gone' | 'elsewhere';

/** Start time of a live process; undefined once it is gone or a zombie. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses, which may contain anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid');
}
