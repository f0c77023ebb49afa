import { join } from 'node:path';
import { hookScript, runtimeScript } from '../../shim/index.js';

/** One file that a setup writes. */
export interface PlannedFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

export interface Plan {
  readonly files: readonly PlannedFile[];
  /** What to do next, one line each: a command to try, or a line to add elsewhere. */
  readonly next: readonly string[];
}

export interface SetupFacts {
  readonly program: readonly [node: string, script: string];
  /** The real runtime, absolute. */
  readonly runtime: string;
  readonly store: string;
  readonly state: string;
  readonly pluginDeadline: string | undefined;
  /** Where the programs go, absolute. */
  readonly folder: string;
  /** Where the engine's configuration goes, absolute. */
  readonly config: string;
}

/** What engines call the runtime; the program has to have this name for `podman --runtime PATH` too. */
export const RUNTIME_NAME = 'wasm-plugin';
export const HOOK_NAME = 'wasm-plugin-hook';
/** The one that podman starts with `--hooks-dir`. */
export const PRECREATE_NAME = 'wasm-plugin-precreate';

const EXECUTABLE = 0o755;
export const READABLE = 0o644;

/** The programs that every engine gets. */
export function programs(facts: SetupFacts): readonly [entry: PlannedFile, hook: PlannedFile] {
  const hook = hookProgram(facts, HOOK_NAME);
  const text = runtimeScript({ ...facts, hook: hook.path });
  return [{ path: join(facts.folder, RUNTIME_NAME), text, mode: EXECUTABLE }, hook];
}

/** @param name - of the file: undoing one way must not take a program from another. */
export function hookProgram(facts: SetupFacts, name: string): PlannedFile {
  const path = join(facts.folder, name);
  return { path, text: hookScript({ ...facts, hook: path }), mode: EXECUTABLE };
}
