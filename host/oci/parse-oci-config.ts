import { escapeControls, PluginError } from '../errors/index.js';
import { Trace } from './check.js';
import type { OciConfig, OciProcess } from './config.js';
import { config } from './config-check.js';

/** A config with all that starting a container takes. */
export interface RunnableConfig extends OciConfig {
  readonly root: NonNullable<OciConfig['root']>;
  readonly process: OciProcess & { readonly args: readonly string[] };
}

/**
 * Check that a foreign value is a valid OCI runtime config, by the rules of the specification's JSON schema.
 *
 * What an engine can do with it is another question, answered by each engine. Unknown properties are kept, and so are the
 * sections of other systems than Linux, which nothing here reads.
 *
 * @param value - parsed JSON; returned as it is, not copied. Its size is the caller's to bound; the work is at most in proportion.
 * @throws PluginError `CONFIG_INVALID` with every problem, up to twenty, each with the path of its field.
 */
export function parseOciConfig(value: unknown): OciConfig {
  throwIfAny(problemsOf(value));
  return value as OciConfig;
}

/**
 * The same for a config that is about to be run: the schema lets `root`, `process` and its `args` be absent, since they may
 * come later; then no runtime on Linux starts it.
 *
 * @throws PluginError as `parseOciConfig`.
 */
export function parseRunnableConfig(value: unknown): RunnableConfig {
  const problems = problemsOf(value);
  if (problems.length === 0) {
    const { root, process } = value as OciConfig;
    if (root === undefined) problems.push('root is missing');
    if (process === undefined) problems.push('process is missing');
    else if ((process.args?.length ?? 0) === 0) problems.push('process.args must name a program');
  }
  throwIfAny(problems);
  return value as RunnableConfig;
}

function problemsOf(value: unknown): string[] {
  const trace = new Trace();
  config(value, trace);
  return trace.problems;
}

function throwIfAny(problems: readonly string[]): void {
  if (problems.length > 0) {
    throw new PluginError(
      'CONFIG_INVALID',
      `Cannot use the container config: ${problems.map(escapeControls).join('; ')}`,
    );
  }
}
