/** The changes of a store that look into packages. Loaded only for them: listing must not wait for the decoders. */
import { PluginError, quote } from '../errors/index.js';
import { formatGrant, parseGrant } from '../grant/index.js';
import type { PluginPackage } from '../package/index.js';
import { MAX_PACKAGE_BYTES, readPackage, validateName } from '../package/index.js';
import { change } from './change.js';
import type { StoreContext } from './context.js';
import { notFound } from './operations.js';
import { readPackageFile } from './package-file.js';
import { readRecord } from './read-store.js';
import type { PluginRecord, PreviousVersion } from './record.js';
import { formatRecord, knownKeys } from './record.js';
import { digestsOf } from './sweep.js';

export interface InstallOptions {
  /** All that the operator grants, not only what is new. Default: what was granted before, nothing for a new plugin. */
  readonly grants?: readonly string[] | undefined;
  /** Default: as before, 50 for a new plugin. */
  readonly order?: number | undefined;
  /** Default: as before, false for a new plugin. */
  readonly optional?: boolean | undefined;
  /** Default: as before, none for a new plugin. */
  readonly overrides?: readonly string[] | undefined;
  /** Default: as before, true for a new plugin. */
  readonly enabled?: boolean | undefined;
}

export interface InstallResult {
  readonly record: PluginRecord;
  /** What had the name before. */
  readonly replaced: PluginRecord | undefined;
  /**
   * Put things back as they were, for a caller whose next step failed.
   *
   * @returns false, and nothing changes, if the plugin was changed by somebody else since.
   */
  undo(): Promise<boolean>;
}

/**
 * Install a package, or put it in place of the plugin that has its name.
 *
 * A reinstall keeps whether it is enabled, its order, grants and settings; another version also keeps the package that was
 * there, for `rollback`. Nothing in the package is run.
 *
 * @param bytes - the whole package file; not kept.
 * @throws PluginError `LIMIT_EXCEEDED` above 256 MiB, what `readPackage` of host/package throws for a bad package, `NAME_INVALID`,
 *   `GRANT_INVALID`, and what `change` throws. The store is as before then.
 *   RangeError for an order that is no finite number.
 */
export function install(context: StoreContext, bytes: Uint8Array, options: InstallOptions): Promise<InstallResult> {
  const found = open(bytes);
  const { name, version } = found.manifest;
  const chosen = checkOptions(options);
  return change(context, `install ${quote(name)}`, (transaction) => {
    const replaced = readable(context, name);
    const record = knownKeys({
      ...fromPackage(found),
      enabled: chosen.enabled ?? replaced?.enabled ?? true,
      grants: chosen.grants ?? replaced?.grants ?? [],
      order: chosen.order ?? replaced?.order ?? 50,
      optional: chosen.optional ?? replaced?.optional ?? false,
      overrides: chosen.overrides ?? replaced?.overrides ?? [],
      settings: replaced?.settings ?? {},
      installed: context.now().toISOString(),
      previous:
        replaced === undefined || replaced.version === version ? (replaced?.previous ?? null) : asPrevious(replaced),
    });
    transaction.putPackage(record.digest, bytes);
    transaction.putRecord(record);
    return { record, replaced, undo: () => undo(context, record, replaced) };
  });
}

/**
 * Return a plugin to the version before its last upgrade, with the grants it had then. Doing it twice returns to the later one.
 *
 * @returns the record as it is now.
 * @throws PluginError `PLUGIN_NOT_FOUND` if it is not installed or has no version before; `STORE_CORRUPT` if that one's package
 *   is damaged. The store is as before then.
 */
export function rollback(context: StoreContext, name: string): Promise<PluginRecord> {
  const what = `roll back ${quote(name)}`;
  return change(context, what, (transaction) => {
    const current = readRecord(context, name);
    if (current === undefined) {
      throw notFound(what);
    }
    const { previous } = current;
    if (previous === null) {
      throw new PluginError('PLUGIN_NOT_FOUND', `Cannot ${what}: there is no version before ${current.version}`);
    }
    const record = knownKeys({
      ...current,
      ...fromPackage(open(readPackageFile(context, { name, digest: previous.digest }))),
      grants: previous.grants,
      installed: context.now().toISOString(),
      previous: asPrevious(current),
    });
    transaction.putRecord(record);
    return record;
  });
}

function undo(context: StoreContext, installed: PluginRecord, replaced: PluginRecord | undefined): Promise<boolean> {
  const what = `undo the installation of ${quote(installed.name)}`;
  return change(
    context,
    what,
    (transaction) => {
      const current = readable(context, installed.name);
      if (current === undefined || Buffer.compare(formatRecord(current), formatRecord(installed)) !== 0) {
        return false;
      }
      if (replaced === undefined) {
        transaction.removeRecord(installed.name);
      } else {
        transaction.putRecord(replaced);
      }
      return true;
    },
    replaced === undefined ? [] : digestsOf(replaced),
  );
}

function open(bytes: Uint8Array): PluginPackage {
  if (bytes.byteLength > MAX_PACKAGE_BYTES) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot install a package of ${bytes.byteLength} bytes: the limit is ${MAX_PACKAGE_BYTES}`,
    );
  }
  const found = readPackage(bytes);
  validateName(found.manifest.name);
  return found;
}

/** What a record says because its package does. */
function fromPackage({ manifest, digest, hooks }: PluginPackage) {
  return {
    name: manifest.name,
    version: manifest.version,
    digest,
    hooks,
    contributes: manifest.contributes,
    description: manifest.description,
    author: manifest.author,
    monitor: manifest.monitor,
  };
}

function checkOptions({ grants, order, overrides, ...rest }: InstallOptions): InstallOptions {
  if (order !== undefined && !Number.isFinite(order)) {
    throw new RangeError(`order must be a finite number; it is ${order}`);
  }
  return {
    ...rest,
    order,
    grants: grants === undefined ? undefined : [...new Set(grants.map((grant) => formatGrant(parseGrant(grant))))],
    overrides: overrides === undefined ? undefined : [...new Set(overrides.map((name) => validateName(name)))],
  };
}

function asPrevious({ version, digest, grants }: PluginRecord): PreviousVersion {
  return { version, digest, grants };
}

/** A record that cannot be read any more is replaced: that is how it is repaired. */
function readable(context: StoreContext, name: string): PluginRecord | undefined {
  try {
    return readRecord(context, name);
  } catch {
    return undefined;
  }
}
