import type { hooks, Infer } from '../abi/index.js';
import { PluginError, quote } from '../errors/index.js';
import { escapePointer } from './diff.js';
import { deviceOnHost } from './host-device.js';
import { isObject, type Json, type JsonObject, listAt, objectAt, own, safeKey, sameJson } from './json.js';
import { plainPath } from './keyed-lists.js';
import type { Contest } from './ownership.js';

/** The edits of one answer, as `wasm-plugin:hook/engine-config` defines them. */
export type Adjustments = NonNullable<Infer<typeof hooks.engineConfig.response>['adjustments']>;

type Action = 'add' | 'replace' | 'remove';

/** More than any real answer has, and few enough to look each one up by its key. */
const MAX_EDITS = 1000;

/** What adjustments depend on besides the config. */
export interface AdjustContext {
  /** Whether an `add` may replace another value that is there, by who put it there. Default: it may not. */
  readonly mayReplace?: (contest: Contest) => boolean;
  /** The numbers of a device of this machine. */
  readonly deviceOnHost?: typeof deviceOnHost;
}

/** The number of setrlimit(2) that is no limit, 2^64 - 1, as JSON numbers carry it. */
const UNLIMITED = 2 ** 64;

/**
 * Apply a plugin's adjustments.
 *
 * `add` fails where its key exists with another value, `replace` sets it either way, `remove` of what is absent does nothing.
 *
 * @param config - an OCI runtime config; modified in place, so give a copy.
 * @throws PluginError `CONFIG_INVALID` for a value that makes no sense, `CONFIG_CONFLICT` for an `add` of what is there,
 *   `LIMIT_EXCEEDED` for too many edits. The config is then half edited: drop it.
 */
export function applyAdjustments(config: JsonObject, edits: Adjustments, context: AdjustContext = {}): void {
  const { mayReplace = () => false, deviceOnHost: find = deviceOnHost } = context;
  const editList = listEditor(mayReplace);
  checkCount(edits);
  const process = objectAt(config, 'process');
  applyMounts(config, edits.mounts, editList);
  applyEnv(process, edits.env, editList);
  if (edits.hostname !== undefined) {
    config.hostname = edits.hostname;
  }
  if (edits.cwd !== undefined) {
    process.cwd = absolute('cwd', edits.cwd);
  }
  if (edits.args !== undefined) {
    process.args = [...edits.args];
  }
  if (edits.user !== undefined) {
    applyUser(process, edits.user);
  }
  for (const { action, name, value } of edits.annotations) {
    editKey(objectAt(config, 'annotations'), action, name, value ?? '', mayReplace);
  }
  for (const { action, type, path } of edits.namespaces) {
    const target: Target = { what: 'namespace', key: type, thing: `namespaces[${type}]`, isIt: byField('type', type) };
    const entry: Json = { type, ...(path === undefined ? {} : { path: absolute('namespace path', path) }) };
    editList(listAt(objectAt(config, 'linux'), 'namespaces'), action, target, entry);
  }
  if (edits.resources !== undefined) {
    applyResources(config, edits.resources);
  }
  for (const { action, type, soft, hard } of edits.rlimits) {
    const target: Target = { what: 'rlimit', key: type, thing: `rlimits[${type}]`, isIt: byField('type', type) };
    const [least, most] = [soft, hard].map((value) => (value === -1 ? UNLIMITED : value)) as [number, number];
    editList(listAt(process, 'rlimits'), action, target, { type, soft: least, hard: most });
  }
  for (const { action, path, ...device } of edits.devices) {
    const target: Target = {
      what: 'device',
      key: path,
      thing: `devices[${plainPath(path)}]`,
      isIt: byPath('path', path),
    };
    const numbers = action === 'remove' || device.type !== undefined ? {} : find(absolute('device path', path));
    const entry = { path: absolute('device path', path), ...numbers, ...present(device) };
    editList(listAt(objectAt(config, 'linux'), 'devices'), action, target, entry);
  }
  applyOciHooks(config, edits.ociHooks, editList);
}

function applyMounts(config: JsonObject, edits: Adjustments['mounts'], editList: EditList): void {
  for (const { action, destination, source, type, options } of edits) {
    absolute('mount destination', destination);
    const bind = type === undefined || type === 'bind';
    if (action !== 'remove' && bind && source === undefined) {
      throw invalid(`a bind mount at ${quote(destination)} needs a source`);
    }
    const isIt = byPath('destination', destination);
    const target: Target = { what: 'mount', key: destination, thing: `mounts[${plainPath(destination)}]`, isIt };
    editList(listAt(config, 'mounts'), action, target, {
      destination,
      type: type ?? 'bind',
      source: source ?? type ?? 'none',
      options: bind && !options.some((option) => /^r?bind$/.test(option)) ? ['rbind', ...options] : [...options],
    });
  }
}

function applyEnv(process: JsonObject, edits: Adjustments['env'], editList: EditList): void {
  for (const { action, name, value } of edits) {
    if (name === '' || name.includes('=') || name.includes('\0')) {
      throw invalid(`${quote(name)} is not the name of a variable`);
    }
    const start = `${name}=`;
    const isIt = (entry: Json): boolean => typeof entry === 'string' && (entry.startsWith(start) || entry === name);
    const target: Target = { what: 'variable', key: name, thing: `env[${name}]`, isIt };
    editList(listAt(process, 'env'), action, target, `${name}=${value ?? ''}`);
  }
}

function applyUser(process: JsonObject, { uid, gid, additionalGids }: NonNullable<Adjustments['user']>): void {
  Object.assign(
    objectAt(process, 'user'),
    { uid, gid },
    additionalGids.length > 0 ? { additionalGids: [...additionalGids] } : {},
  );
}

function applyOciHooks(config: JsonObject, edits: Adjustments['ociHooks'], editList: EditList): void {
  for (const { action, stage, path, args, env, timeout } of edits) {
    const entry: Json = {
      path: absolute('hook path', path),
      ...present({
        args: args.length > 0 ? [...args] : undefined,
        env: env.length > 0 ? [...env] : undefined,
        timeout,
      }),
    };
    const target: Target = { what: `${stage} hook`, key: path, thing: `/hooks/${stage}`, isIt: byField('path', path) };
    editList(listAt(objectAt(config, 'hooks'), stage), action, target, entry);
  }
}

function checkCount(edits: Adjustments): void {
  const count = Object.values(edits).reduce((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0);
  if (count > MAX_EDITS) {
    throw new PluginError('LIMIT_EXCEEDED', `Cannot apply ${count} adjustments: the limit is ${MAX_EDITS}`);
  }
}

/** OCI's places for the figures; runtime-spec config-linux.md, "Memory", "CPU" and "PIDs". */
function applyResources(config: JsonObject, edits: NonNullable<Adjustments['resources']>): void {
  const set = (group: string, field: string, value: number | string | undefined): void => {
    if (value !== undefined) {
      objectAt(objectAt(objectAt(config, 'linux'), 'resources'), group)[field] = value;
    }
  };
  set('memory', 'limit', edits.memoryLimit);
  set('memory', 'swap', edits.memorySwap);
  set('cpu', 'shares', edits.cpuShares);
  set('cpu', 'quota', edits.cpuQuota);
  set('cpu', 'period', edits.cpuPeriod);
  set('cpu', 'cpus', edits.cpus);
  set('pids', 'limit', edits.pidsLimit);
}

/** One entry of a list. */
interface Target {
  /** For people: `mount`, `variable`. */
  readonly what: string;
  readonly key: string;
  /** As `diffConfig` names it. */
  readonly thing: string;
  readonly isIt: (entry: Json) => boolean;
}

type MayReplace = NonNullable<AdjustContext['mayReplace']>;
type EditList = (entries: Json[], action: Action, target: Target, entry: Json) => void;

function listEditor(mayReplace: MayReplace): EditList {
  return (entries, action, { what, key, thing, isIt }, entry) => {
    if (action === 'remove') {
      for (let i = entries.length - 1; i >= 0; i--) {
        if (isIt(entries[i] as Json)) entries.splice(i, 1);
      }
      return;
    }
    const at = entries.findIndex(isIt);
    if (at < 0) {
      entries.push(entry);
      return;
    }
    const before = entries[at] as Json;
    if (action === 'add' && !sameJson(before, entry) && !mayReplace({ thing, before, after: entry })) {
      throw alreadyThere(what, key, before, entry);
    }
    entries[at] = entry;
  };
}

function editKey(entries: JsonObject, action: Action, key: string, value: string, mayReplace: MayReplace): void {
  if (action === 'remove') {
    delete entries[safeKey(key)];
    return;
  }
  const before = own(entries, safeKey(key));
  const contest = { thing: `/annotations/${escapePointer(key)}`, before, after: value };
  if (action === 'add' && before !== undefined && before !== value && !mayReplace(contest)) {
    throw alreadyThere('annotation', key, before, value);
  }
  entries[key] = value;
}

function byField(field: string, key: string): (entry: Json) => boolean {
  return (entry) => isObject(entry) && own(entry, field) === key;
}

function byPath(field: string, path: string): (entry: Json) => boolean {
  const wanted = plainPath(path);
  return (entry) => {
    const found = own(entry, field);
    return found === wanted || (typeof found === 'string' && plainPath(found) === wanted);
  };
}

/** Without the fields that are undefined: JSON has no such value. */
function present(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) kept[key] = value;
  }
  return kept;
}

function absolute(what: string, path: string): string {
  if (!path.startsWith('/') || /[\0\n]/.test(path) || path.split('/').includes('..')) {
    throw invalid(`the ${what} ${quote(path)} is not an absolute path without ".."`);
  }
  return path;
}

function invalid(why: string): PluginError {
  return new PluginError('CONFIG_INVALID', `Cannot apply the adjustments: ${why}`);
}

function alreadyThere(what: string, key: string, before: Json, after: Json): PluginError {
  const [is, wanted] = [before, after].map((value) => quote(typeof value === 'string' ? value : JSON.stringify(value)));
  return new PluginError(
    'CONFIG_CONFLICT',
    `Cannot add ${what} ${quote(key)} as ${wanted}: the container has it already, as ${is}`,
    { hint: 'A plugin that wants to change it says "replace".' },
  );
}
