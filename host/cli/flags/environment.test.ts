import { describe, expect, test } from 'vitest';
import { flagFromEnvironment, trimForKind } from './environment.js';

const all = () => true;
const none = () => false;

const cases = [
  { name: 'nothing set', flag: { env: ['A'] }, env: {}, mayRead: all, want: undefined },
  { name: 'no keys', flag: {}, env: { WASM_PLUGIN_A: 'x' }, mayRead: all, want: undefined },
  { name: 'our prefix needs no grant', flag: { env: ['A'] }, env: { WASM_PLUGIN_A: 'x' }, mayRead: none, want: 'x' },
  { name: 'blank is unset', flag: { env: ['A'] }, env: { WASM_PLUGIN_A: ' ' }, mayRead: all, want: undefined },
  { name: 'upstream prefix with a grant', flag: { env: ['A'] }, env: { APPTAINER_A: 'y' }, mayRead: all, want: 'y' },
  { name: 'upstream prefix without', flag: { env: ['A'] }, env: { APPTAINER_A: 'y' }, mayRead: none, want: undefined },
  { name: 'bare key not asked for', flag: { env: ['A'] }, env: { A: 'z' }, mayRead: all, want: undefined },
  { name: 'bare key granted', flag: { env: ['A'], envBare: true }, env: { A: 'z' }, mayRead: all, want: 'z' },
  {
    name: 'bare key not granted',
    flag: { env: ['A'], envBare: true },
    env: { A: 'z' },
    mayRead: none,
    want: undefined,
  },
  {
    name: 'first key first',
    flag: { env: ['A', 'B'] },
    env: { WASM_PLUGIN_B: 'b', WASM_PLUGIN_A: 'a' },
    mayRead: none,
    want: 'a',
  },
  { name: 'second key next', flag: { env: ['A', 'B'] }, env: { WASM_PLUGIN_B: 'b' }, mayRead: none, want: 'b' },
  {
    name: 'a key of Object.prototype',
    flag: { env: ['A'], envBare: true },
    env: Object.create({ A: 'x' }),
    mayRead: all,
    want: undefined,
  },
];

describe('flagFromEnvironment()', () => {
  for (const { name, flag, env, mayRead, want } of cases) {
    test(name, () => {
      expect(flagFromEnvironment(flag, env, mayRead)?.text).toBe(want);
    });
  }
  test('warns when two disagree, not when they agree', () => {
    const flag = { env: ['A'] };
    expect(flagFromEnvironment(flag, { WASM_PLUGIN_A: '1', APPTAINER_A: '2' }, all)).toEqual({
      name: 'WASM_PLUGIN_A',
      text: '1',
      warning: 'WASM_PLUGIN_A and APPTAINER_A differ; WASM_PLUGIN_A is used',
    });
    expect(flagFromEnvironment(flag, { WASM_PLUGIN_A: '1', APPTAINER_A: '1' }, all)?.warning).toBeUndefined();
  });
});

test('trimForKind() trims the items of comma lists only', () => {
  expect(trimForKind('string-list', ' a , b')).toBe('a,b');
  expect(trimForKind('string-array', ' a , b')).toBe(' a , b');
});
