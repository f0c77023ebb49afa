/** The changes of a store that need no look into a package. */
import { PluginError, quote } from '../errors/index.js';
import { change, changeSync, checkWritable } from './change.js';
import type { StoreContext } from './context.js';
import { readPackageFile } from './package-file.js';
import { readRecord } from './read-store.js';
import type { PluginRecord } from './record.js';
import { jsonObject } from './shape.js';

/** Settings are small: they travel in every request to the plugin. */
const MAX_SETTINGS_BYTES = 65_536;
/** How long reading a damaged package waits for a writer before it leaves the plugin enabled, in ms. */
const DISABLE_WAIT_MS = 1000;

/** What switching every plugin did. */
export interface AllResult {
  /** Names of those that were switched. */
  readonly changed: readonly string[];
  /** Names of those whose package is damaged: they stay off. */
  readonly damaged: readonly string[];
}

/**
 * Switch a plugin on or off.
 *
 * @returns whether that changed anything.
 * @throws PluginError `PLUGIN_NOT_FOUND`; `STORE_CORRUPT` if it is to be enabled and its package is not what was installed.
 */
export function setEnabled(context: StoreContext, name: string, on: boolean): Promise<boolean> {
  const what = `${on ? 'enable' : 'disable'} ${quote(name)}`;
  return change(context, what, (transaction) => {
    const record = installed(context, name, what);
    if (record.enabled === on) {
      return false;
    }
    if (on) {
      readPackageFile(context, record);
    }
    transaction.putRecord({ ...record, enabled: on });
    return true;
  });
}

/** Switch every plugin whose record can be read; all of them or, if a step fails, none. */
export function setEnabledAll(context: StoreContext, on: boolean): Promise<AllResult> {
  return change(context, `${on ? 'enable' : 'disable'} all plugins`, (transaction, { plugins }) => {
    const changed: string[] = [];
    const damaged: string[] = [];
    for (const record of plugins.filter(({ enabled }) => enabled !== on)) {
      if (on && !isWhole(context, record)) {
        damaged.push(record.name);
        continue;
      }
      transaction.putRecord({ ...record, enabled: on });
      changed.push(record.name);
    }
    return { changed, damaged };
  });
}

/**
 * Replace the operator's settings of a plugin.
 *
 * @param settings - all of them, already checked against the manifest's schema; plain JSON.
 * @returns the record as it is now.
 * @throws PluginError `PLUGIN_NOT_FOUND`; `SETTINGS_INVALID` if they are no JSON object; `LIMIT_EXCEEDED` above 64 KiB.
 */
export function configure(
  context: StoreContext,
  name: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<PluginRecord> {
  const what = `configure ${quote(name)}`;
  const plain = plainSettings(settings, what);
  return change(context, what, (transaction) => {
    const record = { ...installed(context, name, what), settings: plain };
    transaction.putRecord(record);
    return record;
  });
}

/**
 * Remove a plugin: its record first, then its package, if nothing else names it, and what it stored.
 *
 * @returns its record, or undefined if that could not be read any more.
 * @throws PluginError `PLUGIN_NOT_FOUND`.
 */
export function uninstall(context: StoreContext, name: string): Promise<PluginRecord | undefined> {
  const what = `uninstall ${quote(name)}`;
  return change(context, what, (transaction, { plugins }) => {
    const record = plugins.find((plugin) => plugin.name === name);
    if (!transaction.removeRecord(name)) {
      throw notFound(what);
    }
    return record;
  });
}

/**
 * Switch a plugin off because its package is damaged, if this process may and the record still means that package.
 *
 * @returns whether it is off now.
 */
export function disableDamaged(context: StoreContext, damaged: PluginRecord): boolean {
  const what = `disable ${quote(damaged.name)}`;
  try {
    checkWritable(context, what);
    return changeSync(context, what, DISABLE_WAIT_MS, (transaction) => {
      const record = readRecord(context, damaged.name);
      if (record === undefined || record.digest !== damaged.digest) {
        return false;
      }
      if (record.enabled) {
        transaction.putRecord({ ...record, enabled: false });
      }
      return true;
    });
  } catch {
    // It is not loaded in any case; the error that follows says that it is still enabled.
    return false;
  }
}

function installed(context: StoreContext, name: string, what: string): PluginRecord {
  const record = readRecord(context, name);
  if (record === undefined) {
    throw notFound(what);
  }
  return record;
}

export function notFound(what: string): PluginError {
  return new PluginError('PLUGIN_NOT_FOUND', `Cannot ${what}: plugin not found`, {
    hint: 'See "wasm-plugin list" for what is installed.',
  });
}

function isWhole(context: StoreContext, record: PluginRecord): boolean {
  try {
    readPackageFile(context, record);
    return true;
  } catch {
    return false;
  }
}

/** A copy that is what a reader of the record will see. */
function plainSettings(settings: Readonly<Record<string, unknown>>, what: string): Record<string, unknown> {
  const problem = jsonObject(settings);
  if (problem !== undefined) {
    throw new PluginError('SETTINGS_INVALID', `Cannot ${what}: settings${problem}`);
  }
  const json = JSON.stringify(settings);
  const size = Buffer.byteLength(json);
  if (size > MAX_SETTINGS_BYTES) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot ${what}: its settings have ${size} bytes, the limit is ${MAX_SETTINGS_BYTES}`,
    );
  }
  return JSON.parse(json) as Record<string, unknown>;
}
