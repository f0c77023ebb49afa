/**
 * The record of one installed plugin: `plugins/<sha256 of its name>.json`.
 *
 * Pure: bytes in, record out. A record holds all that listing, `--help` and the choice of hooks need, so that none of them
 * opens a package. Whoever owns the store writes records; they are checked all the same, because a half-restored backup or a
 * slip with an editor must stop one plugin, not all of them.
 */
import { PluginError, quote } from '../errors/index.js';
import type { Manifest } from '../package/index.js';
import { DIGEST } from './layout.js';
import * as shape from './shape.js';

/** Which package a plugin was before its last upgrade. */
export interface PreviousVersion {
  readonly version: string;
  /** `sha256:<64 hex>` of the whole package file. */
  readonly digest: string;
  readonly grants: readonly string[];
}

export interface PluginRecord {
  readonly name: string;
  readonly version: string;
  /** `sha256:<64 hex>` of the whole package file. */
  readonly digest: string;
  readonly enabled: boolean;
  /** What the operator allowed, in the notation of host/grant. */
  readonly grants: readonly string[];
  /** Lower comes first; then by name. */
  readonly order: number;
  /** A failure of this plugin does not keep a container from starting. */
  readonly optional: boolean;
  /** Names of plugins whose edits this one may change. */
  readonly overrides: readonly string[];
  /** The operator's values, as checked against the manifest's schema when they were given. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** When this package was installed, ISO 8601 in UTC. */
  readonly installed: string;
  readonly previous: PreviousVersion | null;
  /** Full ids of the hooks that the package exports. */
  readonly hooks: readonly string[];
  readonly contributes: Manifest['contributes'];
  readonly description: string;
  readonly author: string;
  readonly monitor?: Manifest['monitor'];
}

/** Above this a record is refused before it is read. The manifest it comes from is bounded lower. */
export const MAX_RECORD_BYTES = 1 << 20;

/** Of this file's own layout; a higher one is from a later version of ours. */
const FORMAT = 1;
const MAX_ITEMS = 4096;
const MAX_CHARS = 65_536;

const line = shape.text(MAX_CHARS);
const lines = shape.listOf(line, MAX_ITEMS);
const digest = shape.pattern(DIGEST, '"sha256:" and 64 hexadecimal digits');
/** Looser than `validateName`, which install applies: listing must not load what it lives in. No control characters. */
const name = shape.pattern(/^[\x21-\x7e]{1,200}$/, "a plugin's name");

/** `FLAG_TYPES` of host/package, said again so that listing need not load it; a test holds them together. */
export const RECORD_FLAG_TYPES = ['string', 'bool', 'int', 'uint32', 'string-list', 'string-array', 'string-map'];
const flag = shape.object(
  { name: line, type: shape.oneOf(...RECORD_FLAG_TYPES), usage: line },
  {
    commands: lines,
    shorthand: line,
    default: shape.json,
    valueName: line,
    hidden: shape.bool,
    required: shape.bool,
    deprecated: line,
    env: lines,
    envBare: shape.bool,
  },
);
const command = shape.object(
  { path: line, summary: line },
  {
    usage: line,
    flags: shape.listOf(flag, MAX_ITEMS),
    minArgs: shape.count,
    maxArgs: shape.count,
    hidden: shape.bool,
  },
);
const phase = shape.object({ command: line, phases: shape.listOf(shape.oneOf('before', 'after'), 2) });
const contributes = shape.object({
  commands: shape.listOf(command, MAX_ITEMS),
  flags: shape.listOf(flag, MAX_ITEMS),
  phases: shape.listOf(phase, MAX_ITEMS),
});

const previous = shape.nullable(shape.object({ version: line, digest, grants: lines }));

/** The checks of single values, for the index, which holds the same values in another order. */
export const recordChecks = { name, line, lines, digest, settings: shape.jsonObject, previous, contributes };

const record = shape.object(
  {
    name,
    version: line,
    digest,
    enabled: shape.bool,
    grants: lines,
    order: shape.finite,
    optional: shape.bool,
    overrides: lines,
    settings: shape.jsonObject,
    installed: line,
    previous,
    hooks: lines,
    contributes,
    description: line,
    author: line,
  },
  { format: shape.count, monitor: shape.oneOf('observe', 'exclusive') },
);

/**
 * Check that parsed JSON is a record.
 *
 * @param value - kept in the result, not copied.
 * @returns what is wrong with it, or the record.
 */
function checkRecord(value: unknown): { problem: string } | { record: PluginRecord } {
  if (shape.isObject(value) && typeof value.format === 'number' && value.format > FORMAT) {
    return { problem: ` has format ${value.format}, this version knows ${FORMAT}` };
  }
  const problem = record(value);
  return problem === undefined ? { record: value as unknown as PluginRecord } : { problem };
}

/**
 * Read a record.
 *
 * @param bytes - the whole file; not kept.
 * @param where - how to call the file in a message.
 * @throws PluginError `STORE_CORRUPT` if it is not JSON or not a record; `LIMIT_EXCEEDED` above `MAX_RECORD_BYTES`.
 */
export function parseRecord(bytes: Uint8Array, where: string): PluginRecord {
  if (bytes.byteLength > MAX_RECORD_BYTES) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot read the record ${quote(where)}: it has ${bytes.byteLength} bytes, the limit is ${MAX_RECORD_BYTES}`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw corrupt(where, 'it is not JSON', error);
  }
  const checked = checkRecord(value);
  if ('problem' in checked) {
    throw corrupt(where, `record${checked.problem}`);
  }
  return knownKeys(checked.record);
}

/** The bytes of a record: its keys in a fixed order, readable, with a final newline. */
export function formatRecord(plugin: PluginRecord): Uint8Array {
  const bytes = Buffer.from(`${JSON.stringify({ format: FORMAT, ...knownKeys(plugin) }, null, 2)}\n`);
  if (bytes.byteLength > MAX_RECORD_BYTES) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot record ${quote(plugin.name)}: that takes ${bytes.byteLength} bytes, the limit is ${MAX_RECORD_BYTES}`,
    );
  }
  return bytes;
}

/** Only the keys of this version, in their order, and no absent one. */
export function knownKeys(plugin: PluginRecord): PluginRecord {
  return {
    name: plugin.name,
    version: plugin.version,
    digest: plugin.digest,
    enabled: plugin.enabled,
    grants: plugin.grants,
    order: plugin.order,
    optional: plugin.optional,
    overrides: plugin.overrides,
    settings: plugin.settings,
    installed: plugin.installed,
    previous: plugin.previous,
    hooks: plugin.hooks,
    contributes: plugin.contributes,
    description: plugin.description,
    author: plugin.author,
    ...(plugin.monitor === undefined ? {} : { monitor: plugin.monitor }),
  };
}

/** @param reason - may quote foreign text; it is escaped here. */
export function corrupt(where: string, reason: string, cause?: unknown): PluginError {
  return new PluginError('STORE_CORRUPT', `Cannot read the record ${quote(where)}: ${quote(reason).slice(1, -1)}`, {
    cause,
    hint: 'Install the plugin again, or remove the file.',
    details: { file: where },
  });
}
