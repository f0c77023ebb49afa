/**
 * What `create` leaves for the hooks and processes that come later in a container's life, in other processes of ours.
 *
 *   FOLDER/at/ID.json                                 podman, which names no root
 *   FOLDER/at/run/containerd/runc/default/ID.json     an engine that runs its runtime with --root /run/containerd/runc/default
 *
 * The runtime entry is a shell script that must find it without Node, hence a path without a hash (`setup/runtime-script.ts`).
 */
import { fstatSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { any, fromJson, type Json, map, optional, str, struct, toJson, type Value, withDefault } from '../abi/index.js';
import { PluginError, quote } from '../errors/index.js';
import { makeFolders } from '../folders/index.js';
import { attempt } from './attempt.js';

/** What a plugin did to one variable of the container. */
export interface EnvEdit {
  readonly name: string;
  /** Before the plugins; undefined if it was not there. */
  readonly before: string | undefined;
  /** Undefined: taken away. */
  readonly after: string | undefined;
}

export interface RunState {
  readonly runId: string;
  readonly image: string;
  readonly bundle: string;
  /** Name of the config in the bundle, as the runtime was told. */
  readonly config: string;
  /** `--root` of the runtime. */
  readonly root?: string | undefined;
  /** What plugins answered as state, by plugin. */
  readonly states: ReadonlyMap<string, Value>;
  readonly env: readonly EnvEdit[];
}

const FORMAT = struct('RunState', {
  runId: str,
  image: withDefault(str, ''),
  bundle: str,
  config: str,
  root: optional(str),
  states: withDefault(map(any), {}),
  env: withDefault(map(struct('EnvEdit', { before: optional(str), after: optional(str) })), {}),
});

const MAX_STATE_BYTES = 64 * 1024 * 1024;
/** Files that one sweep looks at: a container's start must not wait for thousands. */
const SWEEP_LIMIT = 32;
/** Runtimes allow these; no other id can be one of theirs. */
const ID = /^[A-Za-z0-9_+.-]{1,255}$/;

/**
 * @param folder - where all states are; absolute.
 * @param root - the runtime's `--root`.
 * @throws PluginError `CONFIG_INVALID` for an id that no runtime takes.
 */
export function statePath(folder: string, root: string | undefined, id: string): string {
  if (!ID.test(id) || id === '.' || id === '..') {
    throw new PluginError('CONFIG_INVALID', `Cannot use the container id ${quote(id)}: no runtime takes it`);
  }
  return `${folder}/at/${root ?? ''}/${id}.json`;
}

/**
 * Write it, in folders that nobody else can look into.
 *
 * @throws PluginError `IO_FAILED`, also if `folder` is somebody else's.
 */
export function writeState(folder: string, path: string, state: RunState): void {
  const env = new Map(state.env.map(({ name, before, after }) => [name, { before, after }]));
  ensureFolder(folder);
  attempt('write', path, () => {
    makeFolders(dirname(path), 0o700);
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(toJson(FORMAT, { ...state, env })), { mode: 0o600 });
    renameSync(draft, path);
  });
}

/**
 * @param path - of the file, or a descriptor of it.
 * @returns undefined if there is none.
 * @throws PluginError `IO_FAILED` for one that cannot be read.
 */
export function readState(path: string | 0): RunState | undefined {
  const text = attempt('read', `${path}`, () => {
    const stats = path === 0 ? fstatSync(path) : statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) {
      return undefined;
    }
    if (stats.size > MAX_STATE_BYTES) {
      throw new PluginError('LIMIT_EXCEEDED', `Cannot read ${quote(`${path}`, 4096)}: it is too large`);
    }
    return readFileSync(path, 'utf8');
  });
  if (text === undefined) {
    return undefined;
  }
  return parseState(path, text);
}

function parseState(path: string | 0, text: string): RunState {
  const result = attempt('read', `${path}`, () => fromJson(FORMAT, JSON.parse(text) as Json));
  if (!result.ok) {
    throw new PluginError('IO_FAILED', `Cannot read ${quote(`${path}`, 4096)}: ${result.problems.join('; ')}`);
  }
  const { states, env, ...rest } = result.value;
  return {
    ...rest,
    states,
    env: [...env].map(([name, { before, after }]) => ({ name, before, after })),
  };
}

export function removeState(path: string): void {
  rmSync(path, { force: true });
}

/** Remove what containers left whose bundle is gone, some of it if there is much. Never fails. */
export function sweepStates(folder: string): void {
  try {
    const names = readdirSync(join(folder, 'at'), { recursive: true, encoding: 'utf8' });
    const states = names.filter((name) => name.endsWith('.json'));
    // Of many some others each time.
    const start = states.length > SWEEP_LIMIT ? Math.floor(Math.random() * (states.length - SWEEP_LIMIT)) : 0;
    for (const name of states.slice(start, start + SWEEP_LIMIT)) {
      const path = join(folder, 'at', name);
      const bundle = readState(path)?.bundle;
      // Of some podman does not say where it is.
      if (bundle && statSync(bundle, { throwIfNoEntry: false }) === undefined) {
        removeState(path);
      }
    }
  } catch {
    // What is left is small, and on a file system that ends with the machine's run.
  }
}

/**
 * Make the folder of all states and check that it is ours alone.
 *
 * @throws PluginError `IO_FAILED`.
 */
export function ensureFolder(folder: string): void {
  attempt('use', folder, () => {
    makeFolders(folder, 0o700);
    const stats = lstatSync(folder);
    if (!stats.isDirectory() || stats.uid !== process.geteuid?.() || (stats.mode & 0o077) !== 0) {
      throw new PluginError('IO_FAILED', `Cannot use ${quote(folder, 4096)}: it is not a folder of this user alone`, {
        hint: `Find out who made it, then remove it.`,
      });
    }
  });
}
