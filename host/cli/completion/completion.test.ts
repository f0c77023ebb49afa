import { describe, expect, test } from 'vitest';
import { mergeContributions, NO_CONTRIBUTIONS } from '../flags/contributions.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { shellQuote } from './quote-shell.js';
import { completionWords, nextWords, pathPrefixes } from './words.js';
import { zshScript } from './zsh.js';

const EVIL = `it's $(touch /tmp/x) \`id\` \\' "a"\n;rm`;
const contributions = mergeContributions(
  [
    {
      name: 'p',
      contributes: {
        commands: [
          { path: 'checkpoint start', summary: EVIL, flags: [] },
          { path: 'checkpoint stop', summary: 'stop it', flags: [{ name: 'now', type: 'bool', usage: EVIL }] },
          { path: 'none', summary: 'takes nothing', maxArgs: 0, flags: [] },
          { path: 'secret', summary: 's', hidden: true, flags: [] },
        ],
        flags: [{ name: 'site', type: 'string', usage: 'site', commands: ['run'] }],
      },
    },
  ],
  { words: new Set(), globalOptions: new Set(), extensible: new Map([['run', new Set()]]) },
);
const words = completionWords(contributions);
const hooks = ['command', 'engine-config'];

test('nextWords() offers commands, groups and what is inside them', () => {
  expect([...nextWords(words, '').keys()]).toEqual(
    expect.arrayContaining(['list', 'run', 'checkpoint', 'plugin', 'plugins']),
  );
  expect(nextWords(words, '').has('secret')).toBe(false);
  expect([...nextWords(words, 'checkpoint').keys()]).toEqual(['start', 'stop']);
  expect([...nextWords(words, 'plugin').keys()]).not.toContain('run');
});

test('pathPrefixes() lists every step', () => {
  expect(pathPrefixes('a b c')).toEqual(['a', 'a b', 'a b c']);
});

describe('shellQuote()', () => {
  test('leaves nothing that could end the quotes', () => {
    expect(shellQuote(EVIL).slice(1, -1)).not.toMatch(/['\\\n]/);
  });
});

describe('a plugin’s text stays inside quotes', () => {
  for (const [shell, script] of [
    ['bash', bashScript],
    ['zsh', zshScript],
    ['fish', fishScript],
  ] as const) {
    test(shell, () => {
      for (const line of script(words, hooks).split('\n')) {
        // Remove what is quoted; what is left is only ours.
        expect(line.replaceAll(/'[^']*'/g, '')).not.toContain('touch');
      }
    });
  }
});

test('without plugins the scripts are the same every time', () => {
  const plain = completionWords(NO_CONTRIBUTIONS);
  expect(bashScript(plain, hooks)).toBe(bashScript(completionWords(NO_CONTRIBUTIONS), hooks));
});
