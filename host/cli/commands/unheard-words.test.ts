import { expect, test } from 'vitest';
import type { Manifest } from '../../package/index.js';
import { unheardWords } from './unheard-words.js';

const COMMAND = 'wasm-plugin:hook/command@1.0.0';
const OTHER = 'wasm-plugin:hook/engine-config@1.0.0';
const nothing: Manifest['contributes'] = { commands: [], flags: [], phases: [] };
const command = { commands: [{ path: 'score up', summary: 'Up' }] };

test.each([
  { name: 'nothing added', hooks: [OTHER], adds: {}, want: [] },
  { name: 'a command and the hook', hooks: [COMMAND], adds: command, want: [] },
  {
    name: 'a command and the hook of a later version',
    hooks: ['wasm-plugin:hook/command@2.1.0'],
    adds: command,
    want: [],
  },
  {
    name: 'a flag alone',
    hooks: [OTHER],
    adds: { flags: [{ name: 'x', type: 'bool' as const, commands: ['run'], usage: 'x' }] },
    want: [],
  },
  {
    name: 'a command without the hook',
    hooks: [OTHER],
    adds: command,
    want: [/adds command "score up", which cannot/],
  },
  {
    name: 'phases as well',
    hooks: [],
    adds: { ...command, phases: [{ command: 'run', phases: ['before' as const] }] },
    want: [/"score up", phases of commands, which cannot/],
  },
])('unheardWords() on $name', ({ hooks, adds, want }) => {
  const manifest: Manifest = {
    name: 'example.com/score',
    author: 'x',
    version: '0.1.0',
    description: 'x',
    requests: [],
    contributes: { ...nothing, ...adds },
  };
  expect(unheardWords({ hooks, manifest })).toEqual(want.map((text) => expect.stringMatching(text)));
});
