import { expect, test } from 'vitest';
import { hookScript, readEntry, runtimeScript } from './index.js';

const plain = {
  program: ['/usr/bin/node', '/lib/wp/wasm-plugin.js'] as const,
  runtime: '/usr/bin/crun',
  store: '/var/lib/wasm-plugin',
  state: '/run/wasm-plugin',
  hook: '/usr/local/lib/wasm-plugin/hook',
};
const odd = `/it's a "path" -- '\\'' --store 'x' $(id)`;

const cases = [
  { name: 'plain paths', options: { ...plain, pluginDeadline: undefined } },
  { name: 'a deadline', options: { ...plain, pluginDeadline: '250' } },
  {
    name: 'paths with quotes and words of the script',
    options: {
      program: [`${odd}1`, `${odd}2`] as const,
      runtime: `${odd}3`,
      store: `${odd}4`,
      state: `${odd}5`,
      hook: `${odd}6`,
      pluginDeadline: odd,
    },
  },
];
for (const { name, options } of cases) {
  test(`readEntry() finds ${name} again`, () => {
    expect(readEntry(runtimeScript(options), '/entry')).toEqual(options);
    expect(readEntry(hookScript(options), options.hook)).toEqual(options);
  });
}

test.each(['', '#!/bin/sh\n', "node='/x'\n", runtimeScript(plain).replace('--state', '--status')])(
  'readEntry() makes nothing of %j',
  (text) => expect(readEntry(text, '/entry')).toBeUndefined(),
);
