/**
 * The detached containers of one user.
 *
 *   BASE/inst-ID/record.json    what it is, whose, and how it ended
 *   BASE/inst-ID/log, log.1     what it printed
 *
 * BASE is the folder of the runs, of ours alone. A folder is made under another name and then renamed, so that of two containers
 * of one name only one comes into being. The folder of one that has ended stays, for its exit code and its log, until the
 * name is used again, `cleanup --all`, or many later ones.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PluginError, quote } from '../../errors/index.js';
import { checkStart, isOurs, openBase, ourselves } from '../common/index.js';
import type { InstanceRecord } from './instance.js';
import { isLive, readRecord, writeRecord } from './instance.js';
import { LOG_NAME } from './log-file.js';

export interface Instance {
  readonly folder: string;
  readonly record: InstanceRecord;
}

const PREFIX = 'inst-';
const MAX_ATTEMPTS = 10;
/** Folders of ended containers that are kept. */
const MAX_ENDED = 64;

/**
 * Take the name: make the folder of a container that is about to start. It is this process's until `updateInstance`.
 *
 * @param base - made with mode 0700 if it is missing.
 * @throws PluginError `ENGINE_FAILED` if a container of this name is there, or `base` is not ours alone.
 */
export function createInstance(base: string, { id, image }: Pick<InstanceRecord, 'id' | 'image'>): Instance {
  checkStart(id);
  const folder = join(base, `${PREFIX}${id}`);
  const record: InstanceRecord = { id, image, command: [], supervisor: ourselves(), createdAt: Date.now() };
  for (let attempt = 1; ; attempt += 1) {
    openBase(base);
    const draft = asideIn(base);
    try {
      mkdirSync(draft, { mode: 0o700 });
      writeFileSync(join(draft, LOG_NAME), '', { mode: 0o600 });
      writeRecord(draft, record);
      // Onto a folder with something in it this fails.
      renameSync(draft, folder);
      dropOldest(base);
      return { folder, record };
    } catch (cause) {
      rmSync(draft, { recursive: true, force: true });
      const { code } = cause as NodeJS.ErrnoException;
      const taken = code === 'ENOTEMPTY' || code === 'EEXIST';
      if ((!taken && code !== 'ENOENT') || attempt === MAX_ATTEMPTS) throw failure(id, code, cause);
      if (taken && !removeEnded(base, folder)) {
        throw failure(id, 'it is running', cause, `Choose another --name, or stop it: wasm-plugin stop ${id}`);
      }
    }
  }
}

function failure(id: string, why: string | undefined, cause: unknown, hint?: string): PluginError {
  return new PluginError('ENGINE_FAILED', `Cannot create container ${quote(id)}: ${why ?? 'error'}`, { cause, hint });
}

/** Change its record. The folder may be gone, which only somebody who removed it by hand brings about. */
export function updateInstance(instance: Instance, changes: Partial<InstanceRecord>): Instance {
  const record = { ...instance.record, ...changes };
  writeRecord(instance.folder, record);
  return { ...instance, record };
}

/** All of them, the oldest first; none if `base` is not ours alone. */
export function listInstances(base: string): Instance[] {
  return namesIn(base)
    .filter((name) => name.startsWith(PREFIX))
    .flatMap((name) => findInstance(base, name.slice(PREFIX.length)) ?? [])
    .sort((a, b) => a.record.createdAt - b.record.createdAt);
}

export function findInstance(base: string, id: string): Instance | undefined {
  // What is no id is no part of a path either. And whoever believes a record sends signals to the processes in it.
  if (isOurs(base) !== true || !/^[A-Za-z0-9][A-Za-z0-9_.+-]*$/.test(id)) return undefined;
  const folder = join(base, `${PREFIX}${id}`);
  const record = readRecord(folder);
  return record?.id === id ? { folder, record } : undefined;
}

/** Forget it, record and log, whatever its state. Another one that has its name by now stays. */
export function removeInstance({ folder, record }: Instance): void {
  const base = dirname(folder);
  removeEnded(base, folder, (found) => found === undefined || found.createdAt === record.createdAt);
  try {
    rmdirSync(base);
  } catch {
    // Others are in it.
  }
}

/**
 * Under another name first: nobody shall find half of it. And once more looked at there, because another process may have put
 * a new one in its place since.
 */
function removeEnded(base: string, folder: string, mayGo = (record?: InstanceRecord) => !record || !isLive(record)) {
  if (!mayGo(readRecord(folder))) return false;
  const aside = asideIn(base);
  try {
    renameSync(folder, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
  if (!mayGo(readRecord(aside))) {
    renameSync(aside, folder);
    return false;
  }
  rmSync(aside, { recursive: true, force: true });
  return true;
}

function dropOldest(base: string): void {
  const ended = listInstances(base).filter(({ record }) => record.exit !== undefined);
  for (const { folder } of ended.slice(0, Math.max(0, ended.length - MAX_ENDED))) removeEnded(base, folder);
}

/** What is left under such a name, `cleanupStale` removes. */
function asideIn(base: string): string {
  return join(base, `new-${randomUUID()}`);
}

function namesIn(base: string): string[] {
  try {
    return readdirSync(base);
  } catch {
    return [];
  }
}
