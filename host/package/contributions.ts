import { type Fields, present, readFields, readList, readText, type TextRule } from './fields.js';
import { isObject, memberPath } from './json.js';
import {
  type CommandContribution,
  FLAG_TYPES,
  type FlagContribution,
  type FlagDefault,
  type FlagType,
  type Manifest,
  type PhaseContribution,
} from './manifest-types.js';
import type { Report } from './report.js';

const MAX_COMMANDS = 64;
const MAX_FLAGS = 64;
const MAX_ITEMS = 64;
const MAX_ARGS = 1000;
const MAX_WORDS = 4;
const UINT32_MAX = 2 ** 32 - 1;
const EVERY_COMMAND = '*';

const WORD = /^[a-z0-9][a-z0-9-]{0,63}$/;
const matches =
  (pattern: RegExp, what: string) =>
  (text: string): string | undefined =>
    pattern.test(text) ? undefined : `it must be ${what}`;

const LINE: TextRule = { maxChars: 500, minChars: 1 };
const VALUE: TextRule = { maxChars: 1000 };
const FLAG_NAME: TextRule = { maxChars: 64, problem: matches(WORD, 'lower-case letters, digits and hyphens') };
const SHORTHAND: TextRule = { maxChars: 20, problem: matches(/^[A-Za-z]$/, 'one letter') };
const ENV_KEY: TextRule = { maxChars: 64, problem: matches(/^[A-Za-z_][A-Za-z0-9_]*$/, 'letters, digits and _') };
const COMMAND_PATH: TextRule = { maxChars: 300, problem: commandPathProblem };
const PHASE_COMMAND: TextRule = {
  maxChars: 300,
  problem: (text) => (text === EVERY_COMMAND ? undefined : commandPathProblem(text)),
};

function commandPathProblem(text: string): string | undefined {
  const words = text.split(' ');
  if (words.length > MAX_WORDS) return `it must have at most ${MAX_WORDS} words`;
  return words.every((word) => WORD.test(word))
    ? undefined
    : 'it must be words of lower-case letters, digits and hyphens';
}

/** The `contributes` object of a manifest. What is absent is empty. */
export function readContributes(value: unknown, path: string, report: Report): Manifest['contributes'] {
  const none = { commands: [], flags: [], phases: [] };
  if (value === undefined) return none;
  const fields = readFields(value, path, report);
  if (fields === undefined) return none;
  const contributes = {
    commands: fields.list('commands', MAX_COMMANDS, (item, at) => readCommand(item, at, report)) ?? [],
    flags: fields.list('flags', MAX_FLAGS, (item, at) => readFlag(item, at, report, true)) ?? [],
    phases: fields.list('phases', MAX_COMMANDS, (item, at) => readPhase(item, at, report)) ?? [],
  };
  fields.done();
  reportRepeats(
    contributes.commands.map((one) => one.path),
    'command',
    memberPath(path, 'commands'),
    report,
  );
  reportFlagRepeats(contributes.flags, memberPath(path, 'flags'), report);
  return contributes;
}

function readCommand(value: unknown, path: string, report: Report): CommandContribution | undefined {
  const fields = readFields(value, path, report);
  if (fields === undefined) return undefined;
  const flags = fields.list('flags', MAX_FLAGS, (item, at) => readFlag(item, at, report, false));
  fields.require('path', 'summary');
  const command = present({
    path: fields.text('path', COMMAND_PATH) ?? '',
    usage: fields.text('usage', LINE),
    summary: fields.text('summary', LINE) ?? '',
    flags,
    minArgs: fields.integer('minArgs', 0, MAX_ARGS),
    maxArgs: fields.integer('maxArgs', 0, MAX_ARGS),
    hidden: fields.bool('hidden'),
  });
  fields.done();
  if ((command.minArgs ?? 0) > (command.maxArgs ?? Infinity))
    report.problem(memberPath(path, 'minArgs'), 'is above maxArgs');
  reportFlagRepeats(flags ?? [], memberPath(path, 'flags'), report);
  return command;
}

function readPhase(value: unknown, path: string, report: Report): PhaseContribution | undefined {
  const fields = readFields(value, path, report);
  if (fields === undefined) return undefined;
  fields.require('command', 'phases');
  const phases = fields.list('phases', 2, (item, at) => {
    if (item === 'before' || item === 'after') return item;
    return void report.problem(at, 'is not one of before, after');
  });
  if (phases?.length === 0) report.problem(memberPath(path, 'phases'), 'is empty');
  const phase = { command: fields.text('command', PHASE_COMMAND) ?? '', phases: phases ?? [] };
  fields.done();
  return phase;
}

function readFlag(value: unknown, path: string, report: Report, topLevel: boolean): FlagContribution | undefined {
  const fields = readFields(value, path, report);
  if (fields === undefined) return undefined;
  fields.require('name', 'type', 'usage', ...(topLevel ? ['commands'] : []));
  const type = fields.oneOf('type', FLAG_TYPES);
  const flag = present({
    commands: topLevel ? readTargets(fields, path, report) : undefined,
    name: fields.text('name', FLAG_NAME) ?? '',
    shorthand: fields.text('shorthand', SHORTHAND),
    type: type ?? 'string',
    default: readDefault(fields.raw('default'), type, memberPath(path, 'default'), report),
    usage: fields.text('usage', LINE) ?? '',
    valueName: fields.text('valueName', { maxChars: 40, minChars: 1 }),
    hidden: fields.bool('hidden'),
    required: fields.bool('required'),
    deprecated: fields.text('deprecated', LINE),
    env: fields.list('env', MAX_ITEMS, (item, at) => readText(item, at, report, ENV_KEY)),
    envBare: fields.bool('envBare'),
  });
  fields.done();
  return flag;
}

function readTargets(fields: Fields, path: string, report: Report): string[] | undefined {
  const targets = fields.list('commands', MAX_ITEMS, (item, at) => readText(item, at, report, COMMAND_PATH));
  if (targets?.length === 0) report.problem(memberPath(path, 'commands'), 'is empty');
  return targets;
}

function readDefault(
  value: unknown,
  type: FlagType | undefined,
  path: string,
  report: Report,
): FlagDefault | undefined {
  if (value === undefined || type === undefined) return undefined;
  const demand = <T>(holds: boolean, good: T, what: string): T | undefined =>
    holds ? good : void report.problem(path, `is not ${what}, as its type ${type} needs`);
  switch (type) {
    case 'string':
      return readText(value, path, report, VALUE);
    case 'bool':
      return demand(typeof value === 'boolean', value as boolean, 'true or false');
    case 'int':
      return demand(Number.isSafeInteger(value), value as number, 'a whole number');
    case 'uint32': {
      const fits = Number.isInteger(value) && (value as number) >= 0 && (value as number) <= UINT32_MAX;
      return demand(fits, value as number, `a whole number from 0 to ${UINT32_MAX}`);
    }
    case 'string-list':
    case 'string-array':
      return readList(value, path, report, MAX_ITEMS, (item, at) => readText(item, at, report, VALUE));
    case 'string-map':
      return readStringMap(value, path, report);
  }
}

function readStringMap(value: unknown, path: string, report: Report): Readonly<Record<string, string>> | undefined {
  if (!isObject(value)) return void report.problem(path, 'is not an object of texts, as its type string-map needs');
  const keys = Object.keys(value);
  if (keys.length > MAX_ITEMS) return void report.problem(path, `has ${keys.length} keys, the limit is ${MAX_ITEMS}`);
  const map: Record<string, string> = Object.create(null);
  for (const key of keys) {
    const at = memberPath(path, key);
    const name = readText(key, at, report, VALUE);
    const text = readText(value[key], at, report, VALUE);
    if (name !== undefined && text !== undefined) map[name] = text;
  }
  return map;
}

// Two flags of one name are fine on different commands of the host.
function reportFlagRepeats(flags: readonly FlagContribution[], path: string, report: Report): void {
  const on = (flag: FlagContribution): readonly string[] => flag.commands ?? [''];
  const names = flags.flatMap((flag) => on(flag).map((command) => `${command} --${flag.name}`.trim()));
  const letters = flags.flatMap((flag) =>
    flag.shorthand === undefined ? [] : on(flag).map((command) => `${command} -${flag.shorthand}`.trim()),
  );
  reportRepeats([...names, ...letters], 'flag', path, report);
}

function reportRepeats(names: readonly string[], what: string, path: string, report: Report): void {
  const seen = new Set<string>();
  const repeated = new Set(names.filter((name) => name !== '' && (seen.has(name) || !seen.add(name))));
  for (const name of repeated) report.problem(path, `has the ${what} "${name}" twice`);
}
