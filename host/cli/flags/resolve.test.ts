import { describe, expect, test } from 'vitest';
import type { FlagContribution } from '../../package/index.js';
import { UsageError } from '../failure.js';
import { resolveFlags } from './resolve.js';
import type { FlagValue } from './value.js';

const flag = (more: Partial<FlagContribution>): FlagContribution => ({ name: 'x', type: 'int', usage: 'u', ...more });

interface Case {
  readonly name: string;
  readonly flag: FlagContribution;
  readonly given?: FlagValue;
  readonly env?: Record<string, string>;
  readonly want: FlagValue | undefined | typeof UsageError;
}
const cases: Case[] = [
  {
    name: 'command line before environment',
    flag: flag({ env: ['X'] }),
    given: 1,
    env: { WASM_PLUGIN_X: '2' },
    want: 1,
  },
  { name: 'environment before default', flag: flag({ env: ['X'], default: 3 }), env: { WASM_PLUGIN_X: '2' }, want: 2 },
  { name: 'default last', flag: flag({ env: ['X'], default: 3 }), want: 3 },
  { name: 'nothing', flag: flag({}), want: undefined },
  { name: 'zero is a value', flag: flag({ default: 3 }), given: 0, want: 0 },
  { name: 'required and absent', flag: flag({ required: true }), want: UsageError },
  {
    name: 'required, from the environment',
    flag: flag({ required: true, env: ['X'] }),
    env: { WASM_PLUGIN_X: '2' },
    want: 2,
  },
  { name: 'a variable that does not fit', flag: flag({ env: ['X'] }), env: { WASM_PLUGIN_X: 'two' }, want: UsageError },
  {
    name: 'items of a variable are trimmed',
    flag: flag({ type: 'string-list', env: ['X'] }),
    env: { WASM_PLUGIN_X: 'a, b' },
    want: ['a', 'b'],
  },
];

describe('resolveFlags()', () => {
  for (const { name, flag, given, env = {}, want } of cases) {
    test(name, () => {
      const resolve = () =>
        resolveFlags([{ plugin: 'p', flag }], { given: () => given, env, mayRead: () => false })
          .byPlugin.get('p')
          ?.get('x');
      if (want === UsageError) expect(resolve).toThrow(UsageError);
      else expect(resolve()).toEqual(want);
    });
  }
  test('warns about a deprecated flag that was typed, only then', () => {
    const flags = [{ plugin: 'p', flag: flag({ deprecated: 'use --y', default: 1 }) }];
    const sources = { env: {}, mayRead: () => false };
    expect(resolveFlags(flags, { ...sources, given: () => 2 }).warnings).toEqual([
      'Flag --x of plugin "p" is deprecated: use --y',
    ]);
    expect(resolveFlags(flags, { ...sources, given: () => undefined }).warnings).toEqual([]);
  });
});
