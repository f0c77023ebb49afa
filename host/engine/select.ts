import { PluginError, quote } from '../errors/index.js';
import { createBuiltinEngine } from './builtin/index.js';
import { findTool, NEEDED_TOOLS } from './common/index.js';
import type { Engine } from './engine.js';
import { createRuntimeEngine } from './runtime/index.js';

/** Engines that `run` can use, in the order that `auto` prefers them. */
export const ENGINE_NAMES = ['builtin', 'crun', 'runc'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/**
 * The engine of a name, or the first that is there.
 *
 * `auto` takes the builtin engine where its tools are, else crun, else runc: the builtin one starts as fast as crun and several
 * times faster than runc, needs nothing installed, and behaves alike on every machine. crun and runc are for those who name them, for
 * seccomp and what else only they do, and for machines without util-linux.
 *
 * @param name - one of `ENGINE_NAMES`, or `auto` (default).
 * @param isThere - whether the tools of an engine are installed. Default: looked up where system tools live.
 * @throws PluginError `ENGINE_UNAVAILABLE` if there is no such engine, or its tools are missing; the hint names those that are there.
 */
export function selectEngine(
  name: string = 'auto',
  isThere: (name: EngineName) => boolean = (engine) => missingTools(engine).length === 0,
): Engine {
  if (name === 'auto') {
    const first = ENGINE_NAMES.find(isThere);
    if (first === undefined) {
      throw unavailable('Cannot run a container: there is no engine', isThere);
    }
    return create(first);
  }
  const known = ENGINE_NAMES.find((engine) => engine === name);
  if (known === undefined) {
    throw unavailable(`Cannot use the engine ${quote(name)}: there is none of this name`, isThere, elsewhere(name));
  }
  if (!isThere(known)) {
    throw unavailable(
      `Cannot use the engine ${known}: ${missingTools(known).join(', ')} not installed`,
      isThere,
      `Install ${known === 'builtin' ? 'util-linux' : known}. `,
    );
  }
  return create(known);
}

function create(name: EngineName): Engine {
  return name === 'builtin' ? createBuiltinEngine() : createRuntimeEngine(name);
}

/** What every engine is made with: also crun and runc are started in namespaces of ours. */
const NEEDED_BY_RUNTIMES = ['setpriv', 'unshare', 'mount', 'mkfifo', 'sh'];

/** Tools that an engine needs and this machine lacks. */
export function missingTools(name: EngineName): string[] {
  const needed = name === 'builtin' ? NEEDED_TOOLS : [name, ...NEEDED_BY_RUNTIMES];
  return needed.filter((tool) => findTool(tool) === undefined);
}

/** Engines that start containers by themselves, and ask us. */
function elsewhere(name: string): string {
  return name === 'podman' || name === 'containerd'
    ? `To have plugins in containers of ${name}: wasm-plugin setup ${name}. `
    : '';
}

function unavailable(message: string, isThere: (name: EngineName) => boolean, advice = ''): PluginError {
  const there = ENGINE_NAMES.filter(isThere);
  return new PluginError('ENGINE_UNAVAILABLE', message, {
    hint:
      there.length === 0
        ? 'Install util-linux, or see what is missing with: wasm-plugin doctor'
        : `${advice}Here are: ${there.join(', ')}. See wasm-plugin doctor.`,
  });
}
