/** Whether what a setup wrote is there and still right, for `doctor`. Reads only. */
import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { quote } from '../../errors/index.js';
import { HOST_VERSION } from '../../runtime/index.js';
import type { EntryOptions } from '../../shim/index.js';
import { MARK, readEntry } from '../../shim/index.js';
import { reasonOf } from '../failure.js';
import type { CliIo } from '../io.js';
import { MAIN_CONFIG, planContainerd } from './containerd.js';
import { podmanConfigs, readIfThere } from './engine-configs.js';
import type { SetupEngine, SetupPlaces } from './places.js';
import { defaultPlaces, ENGINES } from './places.js';
import type { Plan, SetupFacts } from './plan.js';
import { PRECREATE_NAME, RUNTIME_NAME } from './plan.js';
import { planPodman, planPrecreate } from './podman.js';
import { othersCanChange } from './trust.js';

export interface SetupCheck {
  readonly engine: SetupEngine;
  /** The program that the engine starts. */
  readonly path: string;
  readonly runtime: string | undefined;
  readonly store: string | undefined;
  /** Why containers will not start, or without plugins; sentences. */
  readonly problems: readonly string[];
  /** What may be meant so. */
  readonly notes: readonly string[];
}

/**
 * Look for setups where `setup` puts them by default, and where its drop-ins point to.
 *
 * @returns one for each that is there.
 */
export function checkSetups(io: Pick<CliIo, 'env' | 'user'>): SetupCheck[] {
  return ENGINES.flatMap((engine) => {
    // Only root can set up containerd.
    if (engine === 'containerd' && io.user.uid !== 0) return [];
    const places = defaultPlaces(engine, io);
    const named = pathInDropIn(engine, places);
    const usual = join(places.folder, RUNTIME_NAME);
    const precreate = join(places.folder, PRECREATE_NAME);
    const paths = new Set([...(named === undefined ? [] : [named]), ...[usual, precreate].filter(isThere)]);
    return [...paths].map((path) => {
      try {
        return checkOne(engine, path, places, path === precreate);
      } catch (error) {
        const problems = [`the configuration of ${engine} cannot be read: ${reasonOf(error)}`];
        return { engine, path, runtime: undefined, store: undefined, problems, notes: [] };
      }
    });
  });
}

function checkOne(engine: SetupEngine, path: string, places: SetupPlaces, precreate: boolean): SetupCheck {
  const text = readIfThere(path);
  const check = { engine, path, runtime: undefined, store: undefined, problems: [], notes: [] };
  if (text === undefined) return { ...check, problems: [`it is gone, and the configuration of ${engine} names it`] };
  if (!text.split('\n', 2).includes(MARK)) return { ...check, problems: ['"wasm-plugin setup" did not write it'] };
  const entry = readEntry(text, path);
  if (entry === undefined) return { ...check, problems: [otherVersion()] };
  const { runtime, store } = entry;
  const problems = [...whatIsGone(entry), ...differentVersion(entry)];
  const { files } = planAgain(engine, entry, { folder: dirname(path), config: places.config }, precreate);
  const notes = [
    ...othersCanChange({ ...entry, folder: dirname(path), config: places.config }),
    ...(existsSync(store) ? [] : [`there is no store in ${quote(store, 4096)}: containers start without plugins`]),
  ];
  for (const file of files) {
    const found = readIfThere(file.path);
    if (found === file.text) continue;
    const isProgram = dirname(file.path) === dirname(path);
    const quoted = quote(file.path, 4096);
    if (isProgram) problems.push(found === undefined ? `${quoted} is gone` : otherVersion(file.path));
    else if (found !== undefined) notes.push(`${quoted} would be written differently now`);
    else notes.push(`${quoted} is not there: ${engine} does not know the runtime by its name`);
  }
  const again = `run again: wasm-plugin setup ${engine}${precreate ? ' --precreate' : ''}`;
  const advice = problems.length === 0 ? [] : [again];
  return { engine, path, runtime, store, problems: [...new Set(problems), ...advice], notes };
}

function otherVersion(path?: string): string {
  return `${path === undefined ? 'it' : quote(path, 4096)} is not what this version writes`;
}

function whatIsGone({ program: [node, script], runtime }: EntryOptions): string[] {
  const parts = [
    { name: 'Node.js', path: node, mode: constants.X_OK },
    { name: 'wasm-plugin', path: script, mode: constants.R_OK },
    { name: 'the runtime', path: runtime, mode: constants.X_OK },
  ];
  return parts
    .filter(({ path, mode }) => !isThere(path, mode))
    .map(({ name, path }) => `${name} is not at ${quote(path, 4096)} any more`);
}

/** It starts the program of a path, which may be another one than this. */
function differentVersion({ program: [, script] }: EntryOptions): string[] {
  const version = versionBeside(script);
  return version === undefined || version === HOST_VERSION
    ? []
    : [`it starts version ${quote(version)} of wasm-plugin, this is ${HOST_VERSION}`];
}

/** From the package that the program is in. */
function versionBeside(script: string): string | undefined {
  try {
    const text = readIfThere(join(dirname(realpathSync(script)), '../../package.json')) ?? '';
    const { name, version } = JSON.parse(text) as { name?: unknown; version?: unknown };
    return name === 'wasm-plugin' && typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

function planAgain(engine: SetupEngine, entry: EntryOptions, places: SetupPlaces, precreate: boolean): Plan {
  const facts: SetupFacts = { ...entry, ...places, pluginDeadline: entry.pluginDeadline };
  if (precreate) return planPrecreate(facts);
  return engine === 'podman'
    ? planPodman(facts, podmanConfigs(facts))
    : planContainerd(facts, readIfThere(MAIN_CONFIG));
}

const ENTRY_IN: Readonly<Record<SetupEngine, RegExp>> = {
  podman: /^wasm-plugin = \[("(?:[^"\\]|\\.)*")\]$/m,
  containerd: /^ *BinaryName = ("(?:[^"\\]|\\.)*")$/m,
};

/** The program that our drop-in names, also where `--dir` has put it elsewhere. */
function pathInDropIn(engine: SetupEngine, { config }: SetupPlaces): string | undefined {
  try {
    const text = readIfThere(join(config, `${RUNTIME_NAME}.${engine === 'podman' ? 'conf' : 'toml'}`));
    if (text?.startsWith(MARK) !== true) return undefined;
    const [, word] = ENTRY_IN[engine].exec(text) ?? [];
    return word === undefined ? undefined : (JSON.parse(word) as string);
  } catch {
    return undefined;
  }
}

function isThere(path: string, mode: number = constants.F_OK): boolean {
  try {
    accessSync(path, mode);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
