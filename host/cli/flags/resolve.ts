import { quote } from '../../errors/index.js';
import { UsageError } from '../failure.js';
import type { ContributedFlag } from './contributions.js';
import { flagFromEnvironment, trimForKind } from './environment.js';
import type { FlagValue } from './value.js';
import { FlagValueError, parseFlagValue } from './value.js';

/** Values by flag name. A flag that was not given and has no default is absent. */
export type FlagValues = ReadonlyMap<string, FlagValue>;

export interface ResolvedFlags {
  readonly byPlugin: ReadonlyMap<string, FlagValues>;
  /** Deprecated flags that were used, variables that disagree. */
  readonly warnings: readonly string[];
}

export interface FlagSources {
  /** What the command line gave for a flag. */
  given(name: string): FlagValue | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether `plugin` was granted the variable `name`. */
  mayRead(plugin: string, name: string): boolean;
}

/**
 * Settle the value of every contributed flag: command line, then environment, then default.
 *
 * @throws UsageError for a required flag without a value, and for a variable whose text does not fit.
 */
export function resolveFlags(flags: readonly ContributedFlag[], sources: FlagSources): ResolvedFlags {
  const byPlugin = new Map<string, Map<string, FlagValue>>();
  const warnings: string[] = [];
  for (const { plugin, flag } of flags) {
    const typed = sources.given(flag.name);
    if (typed !== undefined && flag.deprecated !== undefined) {
      warnings.push(`Flag --${flag.name} of plugin ${quote(plugin)} is deprecated: ${flag.deprecated}`);
    }
    const value = typed ?? fromEnvironment(plugin, flag, sources, warnings) ?? defaultOf(flag.default);
    if (value === undefined) {
      if (flag.required === true) throw new UsageError(`Flag --${flag.name} is required by plugin ${quote(plugin)}`);
      continue;
    }
    const values = byPlugin.get(plugin) ?? new Map<string, FlagValue>();
    byPlugin.set(plugin, values.set(flag.name, value));
  }
  return { byPlugin, warnings };
}

/** A manifest may spell "no default" as null. */
function defaultOf(value: ContributedFlag['flag']['default']): FlagValue | undefined {
  return (value ?? undefined) as FlagValue | undefined;
}

function fromEnvironment(
  plugin: string,
  flag: ContributedFlag['flag'],
  sources: FlagSources,
  warnings: string[],
): FlagValue | undefined {
  const found = flagFromEnvironment(flag, sources.env, (name) => sources.mayRead(plugin, name));
  if (found === undefined) return undefined;
  if (found.warning !== undefined) warnings.push(found.warning);
  try {
    return parseFlagValue(flag.type, trimForKind(flag.type, found.text));
  } catch (error) {
    if (!(error instanceof FlagValueError)) throw error;
    throw new UsageError(`Variable ${found.name} is wrong for --${flag.name}: ${error.message}`);
  }
}
