/**
 * Options for commander: ours from the command table, contributed ones from manifests.
 *
 * Both are stored under keys of our own, so that no name (`no-x`, `__proto__`, `a-b` beside `aB`) means something else to
 * commander than to its owner.
 */
import { InvalidArgumentError, Option } from 'commander';
import { escapeControls } from '../../errors/index.js';
import type { OptionSpec } from '../argv/spec.js';
import type { ContributedFlag } from '../flags/contributions.js';
import { ENV_PREFIX } from '../flags/environment.js';
import type { FlagKind, FlagValue } from '../flags/value.js';
import { FlagValueError, parseFlagValue } from '../flags/value.js';

/** Key of a contributed flag among a command's option values; a space cannot be in a name of ours. */
export function flagKey(name: string): string {
  return `flag ${name}`;
}

class KeyedOption extends Option {
  readonly #key: string;

  constructor(flags: string, summary: string, key: string) {
    super(flags, summary);
    this.#key = key;
    // `--no-x` is a switch like any other here; what it turns off is decided by who reads it.
    this.negate = false;
  }

  override attributeName(): string {
    return this.#key;
  }
}

/** A boolean flag also answers to `--x=false` and the like, which commander leaves to options with values. */
class BooleanOption extends KeyedOption {
  readonly #meaning: boolean;
  readonly #prefix: string;

  constructor(flags: string, summary: string, name: string, meaning: boolean) {
    super(flags, summary, flagKey(name));
    this.#meaning = meaning;
    this.#prefix = `--${name}=`;
    this.argParser(() => meaning);
  }

  /** Called by commander for every word that looks like an option; part of its Option, though not of its typings. */
  is(arg: string): boolean {
    if (arg === this.long || arg === this.short) return true;
    if (!arg.startsWith(this.#prefix)) return false;
    try {
      return parseFlagValue('bool', arg.slice(this.#prefix.length)) === this.#meaning;
    } catch {
      return false;
    }
  }
}

export function builtinOption(spec: OptionSpec): Option {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const value = spec.value === undefined ? '' : ` <${spec.value}>`;
  const option = new KeyedOption(`${short}--${spec.long}${value}`, spec.summary, spec.long);
  if (spec.hidden === true) option.hideHelp();
  if (spec.repeat === true) option.argParser((text: string, before: string[] = []) => [...before, text]);
  return option;
}

const VALUE_NAMES: Readonly<Record<FlagKind, string>> = {
  string: 'STRING',
  bool: '',
  int: 'INT',
  uint32: 'UINT32',
  'string-list': 'LIST',
  'string-array': 'STRING',
  'string-map': 'KEY=VALUE',
};

/** The options of one contributed flag: a boolean has a hidden second one that turns it off. */
export function contributedOptions({ plugin, flag }: ContributedFlag): Option[] {
  const short = flag.shorthand === undefined ? '' : `-${flag.shorthand}, `;
  const heading = `Options of plugin ${escapeControls(plugin)}:`;
  if (flag.type === 'bool') {
    const on = new BooleanOption(`${short}--${flag.name}`, describe(flag), flag.name, true).helpGroup(heading);
    const off = new BooleanOption(`--no-${flag.name}`, '', flag.name, false).hideHelp();
    return [flag.hidden === true ? on.hideHelp() : on, off];
  }
  const valueName = escapeControls(flag.valueName ?? VALUE_NAMES[flag.type]).replaceAll(/[<>[\]\s]/g, '_');
  const option = new KeyedOption(`${short}--${flag.name} <${valueName}>`, describe(flag), flagKey(flag.name));
  option.helpGroup(heading).argParser((text: string, before: FlagValue | undefined) => {
    try {
      return parseFlagValue(flag.type, text, before);
    } catch (error) {
      throw error instanceof FlagValueError ? new InvalidArgumentError(error.message) : error;
    }
  });
  return [flag.hidden === true ? option.hideHelp() : option];
}

function describe(flag: ContributedFlag['flag']): string {
  const notes = [
    ...(flag.required === true ? ['required'] : []),
    ...(flag.default === undefined || flag.default === false ? [] : [`default ${JSON.stringify(flag.default)}`]),
    ...(flag.env ?? []).map((key) => `env ${ENV_PREFIX}${key}`),
    ...(flag.deprecated === undefined ? [] : [`deprecated: ${flag.deprecated}`]),
  ];
  return escapeControls(notes.length === 0 ? flag.usage : `${flag.usage} (${notes.join(', ')})`);
}
