/**
 * A new root file system, made entry by entry for somebody who is not trusted, and nothing outside of it.
 *
 * Every name is used relative to the descriptor of its folder (`/proc/self/fd/N/name`, Linux's way to openat), and the last part of a
 * path is never followed. What is already there is replaced as tar does: the entry goes, never what it points at.
 * Extended attributes are not kept: no ACLs, no file capabilities, no SELinux labels.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  linkSync,
  lstatSync,
  openSync,
  rmdirSync,
  type Stats,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { quote } from '../../errors/index.js';
import { Refusal } from '../answer.js';
import { clearFolder } from './clear.js';
import { type Folder, Folders, isBelow, pathOf } from './folders.js';
import { applyToHandle, applyToLink, applyToPath, type EntryMeta, type ExactMeta, exactMeta } from './metadata.js';
import { checkTarget, namesOf } from './names.js';
import { openEmpty } from './open-empty.js';
import { finishFile, OpenFiles, writeAll } from './open-files.js';
import { completePolicy, type RootfsPolicy } from './policy.js';
import { openFolder, removeBelow } from './remove.js';
import { RoomWatch } from './room.js';
import type { Rootfs, RootfsUsage } from './rootfs.js';
import { areDeviceNumbers, isSpecialKind, makeSpecial, type SpecialKind } from './special.js';
import { isOutOfRoom, naming, noRoom, refusalOfSystem, systemCode } from './system-error.js';
import { makeFolder, walk } from './walk.js';

const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** Parents that no entry names, and the root if none does. */
const UNNAMED: ExactMeta = { mode: FOLDER_MODE, uid: 0, gid: 0, mtime: undefined };

/**
 * Begin a new root.
 *
 * @param dir - an empty folder that nobody else writes to or should see into meanwhile; it gets mode 0o700 until `close`, and 0o755 then unless
 *   an entry `.` says otherwise. What is in it is as trustworthy as the image: keep it below a folder that only its owner can enter.
 * @param policy - limits and permissions; see RootfsPolicy for the defaults.
 * @throws PluginError `IO_FAILED` if `dir` is no empty folder that can be written to, or `/proc` is not there.
 * @throws TypeError for an unknown or wrong key of the policy.
 */
export function createRootfs(dir: string, policy: Partial<RootfsPolicy> = {}): Rootfs {
  const complete = completePolicy(policy);
  return new NewRoot(openEmpty(dir), complete);
}

/** Where an entry is to be. */
interface Place {
  readonly folder: Folder;
  readonly name: string;
}

class NewRoot implements Rootfs {
  readonly #policy: RootfsPolicy;
  readonly #folders: Folders;
  readonly #files: OpenFiles;
  readonly #room: RoomWatch;
  #entries = 0;
  #bytes = 0;
  #setuidDropped = 0;
  #full = false;
  #state: 'open' | 'closed' | 'aborted' = 'open';
  /** Why all but `abort` refuse. */
  #broken: Refusal | undefined;

  constructor(handle: number, policy: RootfsPolicy) {
    this.#policy = policy;
    this.#folders = new Folders(handle, UNNAMED);
    this.#files = new OpenFiles(policy.maxOpenFiles);
    this.#room = new RoomWatch(`/proc/self/fd/${handle}`, policy);
  }

  get usage(): RootfsUsage {
    return { entries: this.#entries, bytes: this.#bytes, setuidDropped: this.#setuidDropped, full: this.#full };
  }

  directory(path: string, meta: EntryMeta = {}): void {
    this.#run('make folder', path, () => {
      const exact = this.#exact(path, meta, FOLDER_MODE);
      if (path === '.') {
        this.#folders.root.meta = exact;
        return;
      }
      const { folder, name } = this.#place(path);
      const there = folder.children?.get(name);
      if (there !== undefined) {
        there.meta = exact;
        return;
      }
      this.#replacing({ folder, name }, () => makeFolder(this.#folders, folder, name));
      this.#folders.add(folder, name, exact);
    });
  }

  file(path: string, meta: EntryMeta, data: Uint8Array): void {
    this.#run('make file', path, () => {
      const exact = this.#exact(path, meta, FILE_MODE);
      this.#requireBytes(path, data.byteLength);
      const descriptor = this.#newFile(path);
      try {
        writeAll(descriptor, data);
      } catch (error) {
        closeSync(descriptor);
        throw error;
      }
      this.#bytes += data.byteLength;
      finishFile(descriptor, exact, this.#policy.owners);
    });
  }

  openFile(path: string, meta: EntryMeta = {}): number {
    return this.#run('begin file', path, () => {
      const exact = this.#exact(path, meta, FILE_MODE);
      this.#files.requireRoom(path);
      return this.#files.add({ path, descriptor: this.#newFile(path), meta: exact });
    });
  }

  write(file: number, bytes: Uint8Array): void {
    this.#requireOpen();
    const { path, descriptor } = this.#files.get(file);
    this.#run('write', path, () => {
      this.#requireBytes(path, bytes.byteLength);
      writeAll(descriptor, bytes);
      this.#bytes += bytes.byteLength;
    });
  }

  finish(file: number): void {
    this.#requireOpen();
    const { path } = this.#files.get(file);
    this.#run('finish file', path, () => this.#files.finish(file, this.#policy.owners));
  }

  symlink(path: string, target: string, meta: EntryMeta = {}): void {
    this.#run('link', path, () => {
      // A link's mode means nothing, so no bit of it is dropped or counted.
      const exact = this.#exact(path, { ...meta, mode: undefined }, 0o777);
      checkTarget(path, target);
      const place = this.#place(path);
      this.#replacing(place, () => symlinkSync(target, this.#at(place)));
      applyToLink(this.#at(place), exact, this.#policy.owners);
    });
  }

  hardlink(path: string, existing: string): void {
    this.#run('link', path, () => {
      const source = this.#find(existing);
      const stats = source === undefined ? undefined : this.#lstat(source);
      if (source === undefined || stats === undefined) {
        throw new Refusal('missing', `Cannot link ${quote(path)} to ${quote(existing)}: there is no such file`);
      }
      if (!stats.isFile()) {
        throw new Refusal('denied', `Cannot link ${quote(path)} to ${quote(existing)}: it is no regular file`);
      }
      const place = this.#place(path);
      if (place.folder === source.folder && place.name === source.name) {
        return;
      }
      const inTheWay = place.folder.children?.get(place.name);
      if (inTheWay !== undefined && isBelow(source.folder, inTheWay)) {
        throw new Refusal(
          'invalid',
          `Cannot link ${quote(path)} to ${quote(existing)}: that is inside of what it replaces`,
        );
      }
      this.#replacing(place, () => this.#link(source, place));
    });
  }

  special(path: string, kind: SpecialKind, meta: EntryMeta = {}, major = 0, minor = 0): void {
    this.#run('make', path, () => {
      const exact = this.#exact(path, meta, FILE_MODE);
      if (!isSpecialKind(kind)) {
        throw new Refusal('unsupported', `Cannot make ${quote(path)}: an image holds no ${quote(kind)}`);
      }
      if (!this.#policy.devices) {
        throw new Refusal('denied', `Cannot make ${quote(path)}: device nodes and FIFOs are not allowed here`);
      }
      if (!areDeviceNumbers(major, minor)) {
        throw new Refusal('invalid', `Cannot make ${quote(path)}: no device is ${major}:${minor}`);
      }
      const place = this.#place(path);
      this.#clearPlace(place);
      const problem = makeSpecial(this.#folders.handle(place.folder), place.name, kind, major, minor);
      if (problem !== undefined) {
        throw this.#breaks(new Refusal('failed', `Cannot make ${quote(path)}: mknod failed: ${quote(problem)}`));
      }
      applyToPath(this.#at(place), exact, this.#policy.owners);
    });
  }

  setMeta(path: string, meta: EntryMeta): void {
    this.#run('set mode, owner and time of', path, () => {
      const place = path === '.' ? undefined : this.#find(path);
      const folder = path === '.' ? this.#folders.root : place?.folder.children?.get(place.name);
      if (folder !== undefined) {
        folder.meta = this.#exact(path, meta, FOLDER_MODE);
        return;
      }
      const stats = place === undefined ? undefined : this.#lstat(place);
      if (place === undefined || stats === undefined) {
        throw new Refusal('missing', `Cannot find ${quote(path)}`);
      }
      if (stats.isSymbolicLink()) {
        applyToLink(this.#at(place), this.#exact(path, { ...meta, mode: undefined }, 0o777), this.#policy.owners);
      } else {
        applyToPath(this.#at(place), this.#exact(path, meta, FILE_MODE), this.#policy.owners);
      }
    });
  }

  real(path: string): string | undefined {
    return this.#run('find', path, () => {
      const place = this.#find(path);
      return place && `${pathOf(place.folder)}${place.name}`;
    });
  }

  remove(path: string): boolean {
    return this.#run('remove', path, () => {
      const place = this.#find(path);
      return place !== undefined && this.#clearPlace(place);
    });
  }

  clear(path: string, keep: (path: string) => boolean = () => false): void {
    this.#run('clear', path, () => {
      const place = path === '.' ? undefined : this.#find(path);
      const folder = path === '.' ? this.#folders.root : place?.folder.children?.get(place.name);
      if (folder !== undefined) {
        clearFolder(this.#folders, folder, path === '.' ? '' : `${path}/`, keep);
      }
    });
  }

  close(): void {
    if (this.#state === 'closed') {
      return;
    }
    this.#run('finish', '.', () => {
      const unfinished = this.#files.firstPath();
      if (unfinished !== undefined) {
        throw new Refusal('invalid', `Cannot finish the root file system: file ${quote(unfinished)} is not finished`);
      }
      this.#applyTo(this.#folders.root);
    });
    this.#state = 'closed';
    this.#folders.close();
  }

  abort(): void {
    if (this.#state !== 'open') {
      return;
    }
    this.#state = 'aborted';
    this.#files.close();
    try {
      const root = this.#folders.handle(this.#folders.root);
      // A close that failed half-way may have made it anything.
      fchmodSync(root, 0o700);
      removeBelow(root);
    } finally {
      this.#folders.close();
    }
  }

  [Symbol.dispose](): void {
    this.abort();
  }

  /** Children first: what is done to them would change their parent's time, or be forbidden by its mode. */
  #applyTo(folder: Folder): void {
    for (const child of folder.children?.values() ?? []) {
      this.#applyTo(child);
    }
    applyToHandle(this.#folders.handle(folder), folder.meta, this.#policy.owners);
  }

  /** Run one operation. What the system refuses breaks the root: nothing is known about what was done. */
  #run<T>(verb: string, path: string, act: () => T): T {
    this.#requireOpen();
    try {
      return act();
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) {
        throw error;
      }
      this.#full ||= isOutOfRoom(error);
      const refusal = refusalOfSystem(naming(verb, path), error as NodeJS.ErrnoException);
      throw code === 'ENAMETOOLONG' ? refusal : this.#breaks(refusal);
    }
  }

  #breaks(refusal: Refusal): Refusal {
    this.#broken = refusal;
    return refusal;
  }

  #requireOpen(): void {
    if (this.#state !== 'open') {
      throw new Refusal('invalid', `Cannot use the root file system: it is ${this.#state}`);
    }
    if (this.#broken !== undefined) {
      throw this.#broken;
    }
  }

  #exact(path: string, meta: EntryMeta, defaultMode: number): ExactMeta {
    const { meta: exact, dropped } = exactMeta(path, meta, defaultMode, this.#policy);
    this.#setuidDropped += dropped ? 1 : 0;
    return exact;
  }

  #requireBytes(path: string, count: number): void {
    if (count > this.#policy.maxBytes - this.#bytes) {
      throw new Refusal(
        'limit',
        `Cannot write ${quote(path)}: all files together may have ${this.#policy.maxBytes} bytes`,
      );
    }
    this.#requireRoom(path, count, 0);
  }

  #countEntry(path: string): void {
    if (this.#entries >= this.#policy.maxEntries) {
      throw new Refusal('limit', `Cannot make ${quote(path)}: the limit is ${this.#policy.maxEntries} entries`);
    }
    this.#entries += 1;
    this.#requireRoom(path, 0, 1);
  }

  #requireRoom(path: string, bytes: number, entries: number): void {
    if (!this.#room.take(bytes, entries)) {
      this.#full = true;
      throw this.#breaks(noRoom(`make ${quote(path)}`, 'what is left is for others'));
    }
  }

  /** Where a new entry goes, with its parents made. Counts it. */
  #place(path: string): Place {
    const names = namesOf(path, this.#policy);
    this.#countEntry(path);
    const name = names.pop() as string;
    const folder = walk(this.#folders, path, names, (parent, missing) => {
      this.#countEntry(path);
      this.#requireShort(path, parent, missing);
      makeFolder(this.#folders, parent, missing);
      return this.#folders.add(parent, missing, UNNAMED);
    });
    this.#requireShort(path, folder, name);
    return { folder, name };
  }

  /** Where an entry is, if its parents are there. Makes none. */
  #find(path: string): Place | undefined {
    const names = namesOf(path, this.#policy);
    const name = names.pop() as string;
    const folder = walk(this.#folders, path, names, () => undefined);
    return folder === undefined ? undefined : { folder, name };
  }

  /** Links can make a short path deep. What is too long on disk could not be removed again. */
  #requireShort(path: string, folder: Folder, name: string): void {
    const { maxDepth, maxPathBytes } = this.#policy;
    if (folder.depth >= maxDepth || folder.pathBytes + Buffer.byteLength(name) > maxPathBytes) {
      throw new Refusal('limit', `Cannot make ${quote(path)}: behind its links it is longer or deeper than allowed`);
    }
  }

  #at({ folder, name }: Place): string {
    return this.#folders.at(folder, name);
  }

  /** link(2) follows a link in the last part of neither path. */
  #link(source: Place, place: Place): void {
    // A descriptor of its own: to open the one folder may close the other.
    const from = openFolder(`${this.#folders.at(source.folder, '.')}`);
    try {
      linkSync(`/proc/self/fd/${from}/${source.name}`, this.#at(place));
    } finally {
      closeSync(from);
    }
  }

  #lstat(place: Place): Stats | undefined {
    return lstatSync(this.#at(place), { throwIfNoEntry: false });
  }

  #newFile(path: string): number {
    const place = this.#place(path);
    return this.#replacing(place, () => openSync(this.#at(place), NEW_FILE, 0o600));
  }

  /** Make an entry that must be new; if something is in its place, remove that and make it again. */
  #replacing<T>(place: Place, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') {
        throw error;
      }
      this.#clearPlace(place);
      return make();
    }
  }

  /** Remove what stands in a place; never what it points at. */
  #clearPlace(place: Place): boolean {
    const child = place.folder.children?.get(place.name);
    if (child !== undefined) {
      removeBelow(this.#folders.handle(child));
      this.#folders.forget(child);
      rmdirSync(this.#at(place));
      return true;
    }
    if (this.#lstat(place) === undefined) {
      return false;
    }
    unlinkSync(this.#at(place));
    return true;
  }
}
