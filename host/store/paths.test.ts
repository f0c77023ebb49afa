import { describe, expect, test } from 'vitest';
import type { StoreRequest } from './paths.js';
import { resolveStore, SYSTEM_STORE } from './paths.js';

const system = `system ${SYSTEM_STORE}`;
const cases: { name: string; request: Partial<StoreRequest>; want: string }[] = [
  { name: "is the user's own by default", request: {}, want: `user /home/u/.local/share/wasm-plugin <- ${system}` },
  {
    name: 'follows XDG_DATA_HOME',
    request: { env: { XDG_DATA_HOME: '/data' } },
    want: `user /data/wasm-plugin <- ${system}`,
  },
  {
    name: 'ignores a relative XDG_DATA_HOME',
    request: { env: { XDG_DATA_HOME: 'data', HOME: '/home/u' } },
    want: `user /home/u/.local/share/wasm-plugin <- ${system}`,
  },
  {
    name: 'takes the home folder of the account without HOME',
    request: { env: { HOME: '' }, home: '/h' },
    want: `user /h/.local/share/wasm-plugin <- ${system}`,
  },
  { name: 'refuses to guess a home', request: { env: {} }, want: 'STORE_REFUSED' },
  { name: 'refuses a relative home', request: { env: { HOME: '.' } }, want: 'STORE_REFUSED' },
  { name: "is the system's for root", request: { uid: 0 }, want: system },
  { name: "is the system's on demand", request: { system: true }, want: system },
  {
    name: "is not the system's for a user who wants to change it",
    request: { system: true, changing: 'install' },
    want: 'STORE_REFUSED',
  },
  {
    name: "is the system's for root who wants to change it",
    request: { uid: 0, system: true, changing: 'install' },
    want: system,
  },
  { name: 'is the one given', request: { store: '/s', env: { WASM_PLUGIN_STORE: '/t' } }, want: 'custom /s' },
  {
    name: 'resolves the one given against the working folder',
    request: { store: 's/../t', cwd: '/w' },
    want: 'custom /w/t',
  },
  { name: "is the environment's", request: { uid: 0, env: { WASM_PLUGIN_STORE: '/t/' } }, want: 'custom /t' },
  { name: 'takes an empty variable for none', request: { uid: 0, env: { WASM_PLUGIN_STORE: '' } }, want: system },
  {
    name: 'prefers --system to the environment',
    request: { system: true, env: { WASM_PLUGIN_STORE: '/t' } },
    want: system,
  },
  { name: 'refuses two at once', request: { system: true, store: '/s' }, want: 'STORE_REFUSED' },
];

describe('resolveStore()', () => {
  for (const { name, request, want } of cases) {
    test(name, () => {
      let got: string;
      try {
        const { target, visible } = resolveStore({ env: { HOME: '/home/u' }, uid: 1000, ...request });
        const others = visible.filter(({ root }) => root !== target.root);
        got = [target, ...others].map(({ kind, root }) => `${kind} ${root}`).join(' <- ');
      } catch (error) {
        got = (error as { code: string }).code;
      }
      expect(got).toBe(want);
    });
  }

  test("the system's plugins come first", () => {
    const { visible } = resolveStore({ env: { HOME: '/home/u' }, uid: 1000 });
    expect(visible.map(({ kind }) => kind)).toEqual(['system', 'user']);
  });

  test('names the missing privilege', () => {
    expect(() => resolveStore({ env: {}, uid: 1000, system: true, changing: 'install' })).toThrow(
      'needs root privileges',
    );
  });
});
