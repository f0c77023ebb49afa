/** The record of one detached container. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '../common/index.js';
import { lifeOf } from '../common/index.js';

export interface InstanceRecord {
  readonly id: string;
  /** As typed. */
  readonly image: string;
  /** What runs in it; empty while it is starting. Cut to some KiB. */
  readonly command: readonly string[];
  /** Undefined while it is starting. */
  readonly engine?: string | undefined;
  /** The process that the container lives and dies with; while it is starting, whoever starts that one. */
  readonly supervisor: ProcessIdentity;
  /** First process of the container, once it runs. */
  readonly init?: ProcessIdentity | undefined;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly exit?: { readonly code: number; readonly at: number } | undefined;
}

/**
 * `lost` is one whose supervisor was killed, or the machine: the container is gone, and nobody knows how it ended. `elsewhere` was
 * started in another pid namespace, from where alone it can be seen.
 */
export type InstanceStatus = 'starting' | 'running' | 'exited' | 'lost' | 'elsewhere';

export function statusOf({ exit, init, supervisor }: InstanceRecord): InstanceStatus {
  if (exit !== undefined) return 'exited';
  const life = lifeOf(supervisor);
  if (life === 'gone') return 'lost';
  if (life === 'elsewhere') return life;
  return init === undefined ? 'starting' : 'running';
}

/** Whether its name is taken and its process may be there. */
export function isLive(record: InstanceRecord): boolean {
  const status = statusOf(record);
  return status !== 'exited' && status !== 'lost';
}

const RECORD = 'record.json';
const MAX_COMMAND_CHARS = 4096;

export function writeRecord(folder: string, record: InstanceRecord): void {
  const draft = join(folder, `${RECORD}.new`);
  writeFileSync(draft, JSON.stringify({ ...record, command: shorten(record.command) }), { mode: 0o600 });
  renameSync(draft, join(folder, RECORD));
}

/** @returns undefined if there is none, or none that can be read. */
export function readRecord(folder: string): InstanceRecord | undefined {
  try {
    // Written by us alone, in a folder that only we can enter; perhaps by another version of ours.
    const record = JSON.parse(readFileSync(join(folder, RECORD), 'utf8')) as InstanceRecord;
    const whole = typeof record.supervisor.pid === 'number' && Array.isArray(record.command);
    return whole && Number.isFinite(record.createdAt) ? record : undefined;
  } catch {
    return undefined;
  }
}

function shorten(command: readonly string[]): string[] {
  const kept: string[] = [];
  let room = MAX_COMMAND_CHARS;
  for (const word of command) {
    if (room <= 0) return [...kept, '…'];
    kept.push(word.length > room ? `${word.slice(0, room)}…` : word);
    room -= word.length + 1;
  }
  return kept;
}
