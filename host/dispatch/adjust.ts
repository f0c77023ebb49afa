import type { hooks, Infer } from '../abi/index.js';
import { PluginError, quote } from '../errors/index.js';
import { isObject, type Json, type JsonObject, listAt, objectAt, own, safeKey, sameJson } from './json.js';

/** The edits of one answer, as `wasm-plugin:hook/engine-config` defines them. */
export type Adjustments = NonNullable<Infer<typeof hooks.engineConfig.response>['adjustments']>;

type Action = 'add' | 'replace' | 'remove';

/** More than any real answer has, and few enough to look each one up by its key. */
const MAX_EDITS = 1000;

/**
 * Apply a plugin's adjustments.
 *
 * `add` fails where its key exists with another value, `replace` sets it either way, `remove` of what is absent does nothing.
 *
 * @param config - an OCI runtime config; modified in place, so give a copy.
 * @throws PluginError `CONFIG_INVALID` for a value that makes no sense, `CONFIG_CONFLICT` for an `add` of what is there,
 *   `LIMIT_EXCEEDED` for too many edits. The config is then half edited: drop it.
 */
export function applyAdjustments(config: JsonObject, edits: Adjustments): void {
  checkCount(edits);
  const process = objectAt(config, 'process');
  applyMounts(config, edits.mounts);
  applyEnv(process, edits.env);
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
    editKey(objectAt(config, 'annotations'), action, 'annotation', name, value ?? '');
  }
  for (const { action, type, path } of edits.namespaces) {
    const entry: Json = { type, ...(path === undefined ? {} : { path: absolute('namespace path', path) }) };
    editList(listAt(objectAt(config, 'linux'), 'namespaces'), action, 'namespace', type, byField('type', type), entry);
  }
  if (edits.resources !== undefined) {
    applyResources(config, edits.resources);
  }
  for (const { action, type, soft, hard } of edits.rlimits) {
    editList(listAt(process, 'rlimits'), action, 'rlimit', type, byField('type', type), { type, soft, hard });
  }
  for (const { action, path, ...device } of edits.devices) {
    absolute('device path', path);
    const isIt = byField('path', path);
    editList(listAt(objectAt(config, 'linux'), 'devices'), action, 'device', path, isIt, { path, ...present(device) });
  }
  applyOciHooks(config, edits.ociHooks);
}

function applyMounts(config: JsonObject, edits: Adjustments['mounts']): void {
  for (const { action, destination, source, type, options } of edits) {
    absolute('mount destination', destination);
    const bind = type === undefined || type === 'bind';
    if (action !== 'remove' && bind && source === undefined) {
      throw invalid(`a bind mount at ${quote(destination)} needs a source`);
    }
    editList(listAt(config, 'mounts'), action, 'mount', destination, byField('destination', destination), {
      destination,
      type: type ?? 'bind',
      source: source ?? type ?? 'none',
      options: bind && !options.some((option) => /^r?bind$/.test(option)) ? ['rbind', ...options] : [...options],
    });
  }
}

function applyEnv(process: JsonObject, edits: Adjustments['env']): void {
  for (const { action, name, value } of edits) {
    if (name === '' || name.includes('=') || name.includes('\0')) {
      throw invalid(`${quote(name)} is not the name of a variable`);
    }
    const start = `${name}=`;
    const isIt = (entry: Json): boolean => typeof entry === 'string' && (entry.startsWith(start) || entry === name);
    editList(listAt(process, 'env'), action, 'variable', name, isIt, `${name}=${value ?? ''}`);
  }
}

function applyUser(process: JsonObject, { uid, gid, additionalGids }: NonNullable<Adjustments['user']>): void {
  Object.assign(
    objectAt(process, 'user'),
    { uid, gid },
    additionalGids.length > 0 ? { additionalGids: [...additionalGids] } : {},
  );
}

function applyOciHooks(config: JsonObject, edits: Adjustments['ociHooks']): void {
  for (const { action, stage, path, args, env, timeout } of edits) {
    const entry: Json = {
      path: absolute('hook path', path),
      ...present({
        args: args.length > 0 ? [...args] : undefined,
        env: env.length > 0 ? [...env] : undefined,
        timeout,
      }),
    };
    editList(listAt(objectAt(config, 'hooks'), stage), action, `${stage} hook`, path, byField('path', path), entry);
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

function editList(
  entries: Json[],
  action: Action,
  what: string,
  key: string,
  isIt: (entry: Json) => boolean,
  entry: Json,
): void {
  const at = entries.findIndex(isIt);
  if (action === 'add' && at >= 0 && !sameJson(entries[at], entry)) {
    throw alreadyThere(what, key);
  }
  if (action === 'remove') {
    for (let i = entries.length - 1; i >= 0; i--) {
      if (isIt(entries[i] as Json)) entries.splice(i, 1);
    }
  } else if (at < 0) {
    entries.push(entry);
  } else {
    entries[at] = entry;
  }
}

function editKey(entries: JsonObject, action: Action, what: string, key: string, value: string): void {
  if (action === 'remove') {
    delete entries[safeKey(key)];
    return;
  }
  const before = own(entries, safeKey(key));
  if (action === 'add' && before !== undefined && before !== value) {
    throw alreadyThere(what, key);
  }
  entries[key] = value;
}

function byField(field: string, key: string): (entry: Json) => boolean {
  return (entry) => isObject(entry) && own(entry, field) === key;
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

function alreadyThere(what: string, key: string): PluginError {
  return new PluginError(
    'CONFIG_CONFLICT',
    `Cannot add ${what} ${quote(key)}: it is there already with another value`,
    {
      hint: 'A plugin that wants to change it says "replace".',
    },
  );
}
