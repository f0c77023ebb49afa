import { isAbsolute, join } from 'node:path';
import { PluginError } from '../errors/index.js';
import { checkStore } from './check-store.js';
import { type CodeStore, codeStore } from './code-store.js';
import type { StoreContext, StoreKind } from './context.js';
import type { Files } from './files.js';
import { nodeFiles } from './files.js';
import { sha256Hex } from './hash.js';
import type { PluginSummary } from './index-format.js';
import type { InstallOptions, InstallResult } from './install.js';
import { layoutOf } from './layout.js';
import type { AllResult } from './operations.js';
import { configure, disableDamaged, setEnabled, setEnabledAll, uninstall } from './operations.js';
import { readPackageFile } from './package-file.js';
import type { StoreContent } from './read-store.js';
import { readRecord, readStore, readSummaries } from './read-store.js';
import type { PluginRecord } from './record.js';
import { checkFolder, checkFoldersAbove, ownersOf } from './trusted-folder.js';

export interface StoreOptions {
  /** Absolute. Nothing there is an empty store, which the first install makes. */
  readonly root: string;
  readonly kind: StoreKind;
  /** Refuse every change. Default false. */
  readonly readOnly?: boolean | undefined;
  /** How long a change waits for another process, in ms. Default 10,000. */
  readonly lockTimeoutMs?: number | undefined;
  /** Effective user id. Default: this process's. */
  readonly uid?: number | undefined;
  /** The steps that change files. Default: the real ones. */
  readonly files?: Files | undefined;
  /** The clock of the records' times. Default: the machine's. */
  readonly now?: (() => Date) | undefined;
}

/**
 * Installed plugins. Reading is synchronous and never waits; changing waits for other writers and, if it fails, changes nothing.
 * Nothing is held open: there is nothing to close.
 */
export interface Store {
  readonly root: string;
  readonly kind: StoreKind;
  /** All records that can be read, sorted by name. */
  list(): readonly PluginRecord[];
  /** The same plugins in short, much faster when there are many: for `list`, `--help` and looking up commands. */
  summaries(): readonly PluginSummary[];
  /** `list`, and what is wrong with the records that cannot be read. */
  read(): StoreContent;
  get(name: string): PluginRecord | undefined;
  /** `read` with every record from its own file and every package hashed: slow, and it sees what was changed behind our back. */
  check(): StoreContent;
  install(bytes: Uint8Array, options?: InstallOptions): Promise<InstallResult>;
  uninstall(name: string): Promise<PluginRecord | undefined>;
  /** Resolves to whether that changed anything. */
  setEnabled(name: string, on: boolean): Promise<boolean>;
  setEnabledAll(on: boolean): Promise<AllResult>;
  configure(name: string, settings: Readonly<Record<string, unknown>>): Promise<PluginRecord>;
  rollback(name: string): Promise<PluginRecord>;
  /**
   * The package of a plugin, checked against its record.
   *
   * @returns the whole file; the caller owns it.
   * @throws PluginError `STORE_CORRUPT` if it is not what was installed; the plugin is disabled then, where this process may.
   */
  readPackage(record: PluginRecord): Uint8Array;
  /** Keeps what a sandbox makes of a plugin's package, where this process may write. It goes with the package. */
  codeStore(record: PluginRecord): CodeStore;
  /** The folder for `openKv` of a plugin of this store. It goes when the plugin is uninstalled. */
  kvDir(name: string): string;
  /** The same for a plugin of another store, in which this user may not write. It stays. */
  foreignKvDir(name: string): string;
}

/**
 * Open a store.
 *
 * The system's must be root's; a user's or another one must be root's or the user's. Nobody else may be able to write to it or
 * to rename a folder above it, and it is no symbolic link.
 *
 * @throws PluginError `STORE_REFUSED` with the reason and what to do. TypeError if `root` is not absolute.
 */
export function openStore(options: StoreOptions): Store {
  const { root, kind, uid = process.geteuid?.() ?? 0 } = options;
  if (!isAbsolute(root)) {
    throw new TypeError(`root must be an absolute path; it is ${root}`);
  }
  const context: StoreContext = {
    layout: layoutOf(root),
    kind,
    uid,
    owners: kind === 'system' ? [0] : ownersOf(uid),
    readOnly: options.readOnly ?? false,
    files: options.files ?? nodeFiles,
    lockTimeoutMs: options.lockTimeoutMs ?? 10_000,
    now: options.now ?? (() => new Date()),
  };
  checkFolder(root, context.owners);
  checkFoldersAbove(root, kind === 'system', context.owners);

  return {
    root,
    kind,
    list: () => readStore(context).plugins,
    summaries: () => readSummaries(context),
    read: () => readStore(context),
    get: (name) => readRecord(context, name),
    check: () => checkStore(context),
    install: async (bytes, installOptions = {}) =>
      (await import('./install.js')).install(context, bytes, installOptions),
    rollback: async (name) => (await import('./install.js')).rollback(context, name),
    uninstall: (name) => uninstall(context, name),
    setEnabled: (name, on) => setEnabled(context, name, on),
    setEnabledAll: (on) => setEnabledAll(context, on),
    configure: async (name, settings) => configure(context, name, settings),
    readPackage: (record) => readInstalled(context, record),
    codeStore: ({ digest }) => codeStore(context, digest.slice('sha256:'.length)),
    kvDir: (name) => join(context.layout.kv, sha256Hex(name)),
    foreignKvDir: (name) => join(context.layout.kv, `foreign-${sha256Hex(name)}`),
  };
}

function readInstalled(context: StoreContext, record: PluginRecord): Uint8Array {
  try {
    return readPackageFile(context, record);
  } catch (error) {
    if (!(error instanceof PluginError) || error.code !== 'STORE_CORRUPT') {
      throw error;
    }
    const state = disableDamaged(context, record) ? 'the plugin was disabled' : 'the plugin could not be disabled';
    throw new PluginError('STORE_CORRUPT', `${error.message}; ${state}`, {
      hint: error.hint,
      details: error.details,
      cause: error,
    });
  }
}
