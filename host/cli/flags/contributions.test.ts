import { describe, expect, test } from 'vitest';
import type { CommandContribution, FlagContribution } from '../../package/index.js';
import type { Contributor, Taken } from './contributions.js';
import { mergeContributions } from './contributions.js';

const taken: Taken = {
  words: new Set(['run', 'list', 'plugin', 'help']),
  globalOptions: new Set(['--debug', '-d', '--help', '-h']),
  extensible: new Map([
    ['run', new Set(['--bind', '-B'])],
    ['version', new Set(['--json'])],
  ]),
};

const command = (path: string, flags: FlagContribution[] = []): CommandContribution => ({ path, summary: 's', flags });
const flag = (name: string, more: Partial<FlagContribution> = {}): FlagContribution => ({
  name,
  type: 'string',
  usage: 'u',
  commands: ['run'],
  ...more,
});
const plugin = (name: string, contributes: Contributor['contributes']): Contributor => ({ name, contributes });

const commandCases = [
  { name: 'a free word', first: 'x', second: 'y', want: ['x', 'y'] },
  { name: 'our command', first: 'list', second: 'y', want: ['y'] },
  { name: 'below our command', first: 'run x', second: 'y', want: ['y'] },
  { name: 'the same command twice', first: 'x', second: 'x', want: ['x'] },
  { name: 'below another plugin’s command', first: 'x', second: 'x y', want: ['x'] },
  { name: 'above another plugin’s command', first: 'x y', second: 'x', want: ['x y'] },
  { name: 'beside it in the same group', first: 'x y', second: 'x z', want: ['x y', 'x z'] },
  { name: 'a name that is none', first: 'x $(id)', second: 'y', want: ['y'] },
  { name: 'an option as a name', first: '-x', second: 'y', want: ['y'] },
  { name: 'a word that only begins alike', first: 'x', second: 'xy', want: ['x', 'xy'] },
];

describe('mergeContributions(), commands:', () => {
  for (const { name, first, second, want } of commandCases) {
    test(name, () => {
      const merged = mergeContributions(
        [plugin('a', { commands: [command(first)] }), plugin('b', { commands: [command(second)] })],
        taken,
      );
      expect(merged.commands.map(({ path }) => path.join(' '))).toEqual(want);
      expect(merged.warnings).toHaveLength(2 - want.length);
    });
  }
  test('one plugin may have a command and commands below it', () => {
    const merged = mergeContributions([plugin('a', { commands: [command('x'), command('x y')] })], taken);
    expect(merged.warnings).toEqual([]);
  });
  test('the warning names both', () => {
    const merged = mergeContributions(
      [plugin('a', { commands: [command('x')] }), plugin('b', { commands: [command('x')] })],
      taken,
    );
    expect(merged.warnings).toEqual(['Command "x" of plugin "b" is ignored: plugin "a" has "x"']);
  });
});

const flagCases = [
  { name: 'a free name', first: flag('x'), second: flag('y'), want: ['x', 'y'], warnings: 0 },
  { name: 'a name that is none', first: flag('x y'), second: flag('y'), want: ['y'], warnings: 1 },
  { name: 'our option', first: flag('bind'), second: flag('y'), want: ['y'], warnings: 1 },
  { name: 'an option of every command', first: flag('debug'), second: flag('y'), want: ['y'], warnings: 1 },
  { name: 'the same flag twice', first: flag('x'), second: flag('x'), want: ['x'], warnings: 1 },
  {
    name: 'the negation of a bool',
    first: flag('x', { type: 'bool' }),
    second: flag('no-x'),
    want: ['x'],
    warnings: 1,
  },
  {
    name: 'the same name on another command',
    first: flag('x'),
    second: flag('x', { commands: ['version'] }),
    want: ['x'],
    warnings: 0,
  },
  {
    name: 'a command that plugins cannot extend',
    first: flag('x', { commands: ['list'] }),
    second: flag('y'),
    want: ['y'],
    warnings: 0,
  },
  {
    name: 'a command of Object.prototype',
    first: flag('x', { commands: ['constructor'] }),
    second: flag('y'),
    want: ['y'],
    warnings: 0,
  },
];

describe('mergeContributions(), flags:', () => {
  for (const { name, first, second, want, warnings } of flagCases) {
    test(name, () => {
      const merged = mergeContributions([plugin('a', { flags: [first] }), plugin('b', { flags: [second] })], taken);
      expect(merged.flags.get('run')?.map((entry) => entry.flag.name)).toEqual(want);
      expect(merged.warnings).toHaveLength(warnings);
    });
  }
  test('a taken shorthand is dropped, the flag stays', () => {
    const merged = mergeContributions([plugin('a', { flags: [flag('x', { shorthand: 'B' })] })], taken);
    expect(merged.flags.get('run')?.[0]?.flag).toEqual(flag('x'));
    expect(merged.warnings).toEqual(['Flag -B of plugin "a" on "run" is ignored: wasm-plugin has it']);
  });
  test('flags of a contributed command may not hide the ones of every command', () => {
    const merged = mergeContributions([plugin('a', { commands: [command('x', [flag('help'), flag('y')])] })], taken);
    expect(merged.commands[0]?.flags.map((entry) => entry.flag.name)).toEqual(['y']);
  });
});
