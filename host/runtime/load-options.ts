import type { ImageAccess, KeyValueStore } from '../capability/index.js';
import type { CodeStore } from '../sandbox/index.js';
import { unknownOptions } from './number-options.js';
import { type ResolvedRun, RUN_OPTIONS, type RunOptions, resolveRun, runProblems } from './run-options.js';

/** What one plugin may do, and how it runs; what is left out is as its host has it. */
export interface LoadOptions extends RunOptions {
  /** What the plugin may do, as grant texts such as `env:SLURM_*`. Default: nothing. Only what its manifest requests takes effect. */
  readonly grants?: readonly string[] | undefined;
  /** Its key-value store, if it is granted `kv`. Default: one in memory that is lost on close. */
  readonly kv?: (() => KeyValueStore) | undefined;
  /** Through what it reads an image and makes a root file system, for one instance. Default: it may do neither. */
  readonly image?: ImageAccess | undefined;
  /**
   * Keeps the code as the sandbox makes it of the component, so that the next process need not make it again. What it reads must be
   * what it kept, and nobody else's to write: deadlines are in that code. Default: none.
   */
  readonly code?: CodeStore | undefined;
}

const OPTIONS = [...RUN_OPTIONS, 'grants', 'kv', 'image', 'code'];

/**
 * How a plugin runs: its own options before its host's, key by key.
 *
 * @param host - checked before.
 * @throws TypeError that lists every problem.
 */
export function resolveLoad(options: LoadOptions, host: RunOptions): ResolvedRun {
  const problems = [...unknownOptions(options, OPTIONS), ...runProblems(options)];
  // What does not fit by itself is not put together.
  const run = resolveRun(problems.length === 0 ? [options, host] : [host], problems);
  if (problems.length > 0) {
    throw new TypeError(`Cannot load a plugin: ${problems.join('; ')}`);
  }
  return run;
}
