import { describe, expect, test } from 'vitest';
import { unknownInterfaces } from './unknown-interfaces.js';

const cases = [
  { name: 'our own', hooks: ['wasm-plugin:hook/command@1.0.0'], capabilities: ['wasm-plugin:host/kv@1.0.0'], want: [] },
  { name: 'a later minor version', hooks: ['wasm-plugin:hook/command@1.7.0'], want: [] },
  { name: 'an embedder’s hook', hooks: ['acme:score/score@2.0.0'], want: [] },
  {
    name: 'a later major version of a hook',
    hooks: ['wasm-plugin:hook/command@2.0.0'],
    want: [/"wasm-plugin:hook\/command@2\.0\.0", which will not be called by this version$/],
  },
  {
    name: 'a hook of a later version',
    hooks: ['wasm-plugin:hook/pull@1.0.0'],
    want: [/"wasm-plugin:hook\/pull@1\.0\.0", which will not be called/],
  },
  {
    name: 'a capability of a later version',
    capabilities: ['wasm-plugin:host/later@1.0.0'],
    want: [/imports "wasm-plugin:host\/later@1\.0\.0", which this version does not offer/],
  },
  {
    name: 'an interface of somebody else',
    capabilities: ['acme:db/query@1.0.0'],
    want: [/imports "acme:db\/query@1\.0\.0", which wasm-plugin does not offer/],
  },
];
describe('unknownInterfaces() on', () => {
  for (const { name, hooks = [], capabilities = [], want } of cases) {
    test(name, () => {
      expect(unknownInterfaces({ hooks, capabilities })).toEqual(want.map((text) => expect.stringMatching(text)));
    });
  }
});
