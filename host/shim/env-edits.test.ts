import { expect, test } from 'vitest';
import { applyEnvEdits, compareEnv } from './index.js';

const edits = compareEnv(['A=1', 'B=2', 'C=3'], ['A=1', 'B=two', 'D=4']);

const cases = [
  { name: 'does to the container’s own what plugins did', env: ['A=1', 'B=2', 'C=3'], want: ['A=1', 'B=two', 'D=4'] },
  {
    name: 'leaves what the user gave',
    env: ['A=1', 'B=mine', 'C=mine', 'D=mine'],
    want: ['A=1', 'B=mine', 'C=mine', 'D=mine'],
  },
  { name: 'adds to nothing', env: [], want: ['D=4'] },
  { name: 'takes the last of one name', env: ['B=x', 'B=2'], want: ['B=two', 'D=4'] },
  { name: 'keeps an entry without a value', env: ['E', '__proto__=x'], want: ['E', '__proto__=x', 'D=4'] },
];
for (const { name, env, want } of cases) {
  test(`applyEnvEdits() ${name}`, () => {
    expect(applyEnvEdits(env, edits)).toEqual(want);
  });
}

test('compareEnv() finds nothing where nothing changed', () => {
  expect(compareEnv(['A=1', 'B'], ['B', 'A=1'])).toEqual([]);
});
