/**
 * The folder of one run: mount list, device skeleton, overlay layers. It lives as long as the run.
 *
 *   BASE/run-ID/owner.json      who made it: pid with its start time, boot, pid namespace, cgroups
 *
 * A process that is killed cannot clean up, so a janitor waits for that (janitor.ts), and every later run removes the folders
 * whose owner is gone.
 */
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PluginError, quote } from '../../errors/index.js';
import { makeFolders } from '../../folders/index.js';
import { changeableAbove } from './changeable.js';
import { detachImage } from './detach.js';
import { startJanitor } from './janitor.js';
import { removeMapped } from './mapped-removal.js';
import { mountsBelow, parseMountInfo } from './mount-table.js';
import type { ProcessIdentity } from './process-identity.js';
import { lifeOf, ourselves } from './process-identity.js';

/** The cgroups come last in owner.json: the janitor knows the file by how it begins. */
interface Owner extends ProcessIdentity {
  /** Folders in /sys/fs/cgroup that belong to the run. */
  readonly cgroups: readonly string[];
}

export interface RunDirectory {
  readonly path: string;
  /** Remember cgroups, so that they are removed even if we are killed. */
  recordCgroups(folders: readonly string[]): void;
  remove(): void;
}

/** A folder without a readable owner was left by a process that died while making it, if it is older than this. */
const UNOWNED_GRACE_MS = 60_000;
const MAX_ATTEMPTS = 10;

/** `$XDG_RUNTIME_DIR/wasm-plugin-UID` if that variable names a folder of ours, else the same below `temporary`. */
export function defaultRunBase(runtimeDir: string | undefined, temporary: string, uid: number): string {
  const usable = runtimeDir?.startsWith('/') === true && statSync(runtimeDir, { throwIfNoEntry: false })?.uid === uid;
  return join(usable ? runtimeDir : temporary, `wasm-plugin-${uid}`);
}

/**
 * Make the folder for a run.
 *
 * @param base - made with mode 0700 if it is missing.
 * @throws PluginError `ENGINE_FAILED` if `base` belongs to somebody else or is open to others (in a shared temporary folder anybody
 *   could have made it first), or a run of this id exists.
 */
export function createRunDirectory(base: string, id: string): RunDirectory {
  const path = join(base, `run-${id}`);
  const draft = join(base, `new-${randomUUID()}`);
  // Before there is anything to remove, `base` itself included: we may be killed at any moment.
  const janitor = startJanitor(path, JSON.stringify(ourselves()).slice(0, -1), draft);
  try {
    makeDraft(base, draft);
    writeOwner(draft, []);
    // rename() onto a folder with something in it fails: two runs of one id cannot share a folder.
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true });
    janitor.dismiss();
    if (cause instanceof PluginError) {
      throw cause;
    }
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === 'ENOTEMPTY' || code === 'EEXIST' ? 'it is running' : `${quote(path)}: ${code ?? 'error'}`;
    throw new PluginError('ENGINE_FAILED', `Cannot create container ${quote(id)}: ${why}`, { cause });
  }
  return {
    path,
    recordCgroups(folders) {
      writeOwner(path, folders);
      janitor.watch(folders);
    },
    remove() {
      removeTree(path);
      removeIfEmpty(base);
      janitor.dismiss();
    },
  };
}

// The last run of another process removes an empty base, perhaps between our two steps.
function makeDraft(base: string, draft: string): void {
  for (let attempt = 1; ; attempt += 1) {
    openBase(base);
    try {
      mkdirSync(draft, { mode: 0o700 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === MAX_ATTEMPTS) {
        throw error;
      }
    }
  }
}

function removeIfEmpty(base: string): void {
  try {
    rmdirSync(base);
  } catch {
    // Other runs are in it.
  }
}

/**
 * Make the folder that the folders of runs are in, or see that it is ours alone.
 *
 * @throws PluginError `ENGINE_FAILED` if it is not, or somebody else could put another in its place.
 */
export function openBase(base: string): void {
  const above = changeableAbove(base);
  if (above !== undefined) {
    throw new PluginError('ENGINE_FAILED', `Cannot use ${quote(base)}: others can change ${quote(above)}`, {
      hint: 'Set TMPDIR to /tmp, and XDG_RUNTIME_DIR to a private folder or to nothing.',
    });
  }
  try {
    makeFolders(base, 0o700);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new PluginError('ENGINE_FAILED', `Cannot make the folder ${quote(base)} (${code ?? 'error'})`, {
      hint: 'Set TMPDIR to /tmp, and XDG_RUNTIME_DIR to a private folder or to nothing.',
      cause,
    });
  }
  // Undefined: removed by another run; the next step sees it.
  if (isOurs(base) === false) {
    throw new PluginError('ENGINE_FAILED', `Cannot use ${quote(base)}: it must be a directory of ours with mode 0700`, {
      hint: 'Remove it, or set XDG_RUNTIME_DIR to a private folder.',
    });
  }
}

/**
 * Whether a folder is ours alone, so that what is written in it can be believed. In a shared temporary folder anybody can make one of
 * our name, and in a folder of somebody else's, which TMPDIR may name, anybody could put another one in its place later.
 *
 * @returns undefined if there is nothing.
 */
export function isOurs(base: string): boolean | undefined {
  const stat = lstatSync(base, { throwIfNoEntry: false });
  if (stat === undefined) {
    return undefined;
  }
  const closed = stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
  return closed && changeableAbove(base) === undefined;
}

/**
 * Remove what runs left behind whose process is gone. In a folder that is not ours alone, nothing is touched.
 *
 * Folders made in another pid namespace are left alone: their pids mean nothing here.
 *
 * @returns paths of the removed folders.
 */
export function cleanupStale(base: string, now: number = Date.now()): string[] {
  const removed: string[] = [];
  if (isOurs(base) !== true) {
    return removed;
  }
  for (const name of readNames(base).filter((entry) => /^(run|new)-/.test(entry))) {
    const path = join(base, name);
    if (!isStale(path, now)) {
      continue;
    }
    const busy = (readOwner(path)?.cgroups ?? []).filter((folder) => !removeCgroup(folder));
    if (busy.length > 0) {
      continue; // the container is still dying; without its folder nobody would know of the cgroup
    }
    try {
      removeTree(path);
      removed.push(path);
    } catch {
      // Another process cleans up too, or it is not ours to remove; the next run tries again.
    }
  }
  removeIfEmpty(base);
  return removed;
}

/** @returns whether the cgroup is gone. It stays while a process is in it. */
export function removeCgroup(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function isStale(path: string, now: number): boolean {
  const owner = readOwner(path);
  if (owner === undefined) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat !== undefined && now - stat.mtimeMs > UNOWNED_GRACE_MS;
  }
  return lifeOf(owner) === 'gone';
}

function writeOwner(path: string, cgroups: readonly string[]): void {
  const owner: Owner = { ...ourselves(), cgroups };
  const draft = join(path, 'owner.json.new');
  writeFileSync(draft, JSON.stringify(owner));
  renameSync(draft, join(path, 'owner.json'));
}

function readOwner(path: string): Owner | undefined {
  try {
    // Written by us alone, in a folder that only we can enter.
    return JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function readNames(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/**
 * Remove a folder that a container may have filled.
 *
 * It may have closed folders of its own (an overlay's work folder has mode 0 anyway), and nested them deeper than a path can be
 * long. So each folder is opened and then moved up to `path` before it is looked into: no path grows, and nothing recurses.
 */
function removeTree(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
    return;
  }
  if (!detachImage(path)) {
    throw new PluginError('ENGINE_FAILED', `Cannot remove ${quote(path)}: an image is still mounted in it`);
  }
  // What another mount namespace has mounted in there is not in the way: the kernel takes a mount away with the folder it is on.
  const [other] = mountsBelow(parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')), realpathSync(path));
  if (other !== undefined) {
    throw new PluginError('ENGINE_FAILED', `Cannot remove ${quote(path)}: ${quote(other.path)} is mounted in it`);
  }
  removeMapped(path);
  const waiting = [path];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    chmodSync(folder, 0o700);
    // Names as bytes: those of a container need not be UTF-8.
    for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
      const found = Buffer.concat([Buffer.from(`${folder}/`), entry.name]);
      if (!entry.isDirectory()) {
        unlinkSync(found);
        continue;
      }
      // Moving a folder writes its `..`.
      chmodSync(found, 0o700);
      const above = join(path, `old-${randomUUID()}`);
      renameSync(found, above);
      waiting.push(above);
    }
    if (folder !== path) {
      rmdirSync(folder);
    }
  }
  rmdirSync(path);
}
