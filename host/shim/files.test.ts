/** The files that `oci` reads and writes: config.json, the engine's log, the state of a run. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Value } from '../abi/index.js';
import {
  formatRuntimeError,
  isSandbox,
  MAX_CONFIG_BYTES,
  type RunState,
  readConfigFile,
  readState,
  reportToEngine,
  statePath,
  sweepStates,
  withOwnHooks,
  withoutOwnHooks,
  writeState,
} from './index.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-shim-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('readConfigFile()', () => {
  test('replaces the file whole, and keeps its mode', () => {
    const path = join(folder, 'config.json');
    writeFileSync(path, '{"a":1}');
    chmodSync(path, 0o640);
    const file = readConfigFile(path);
    file.replace({ ...(file.value as object), b: 2 });
    expect(readFileSync(path, 'utf8')).toBe('{"a":1,"b":2}');
    expect(statSync(path).mode & 0o7777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(['config.json']);
  });

  test('replaces what a link leads to, not the link', () => {
    writeFileSync(join(folder, 'real.json'), '{}');
    symlinkSync('real.json', join(folder, 'link.json'));
    readConfigFile(join(folder, 'link.json')).replace([1]);
    expect(readFileSync(join(folder, 'real.json'), 'utf8')).toBe('[1]');
  });

  const refusals = [
    { name: 'none', make: () => undefined, says: /ENOENT/ },
    { name: 'a folder', make: (path: string) => mkdirSync(path), says: /not a file/ },
    { name: 'a pipe', make: (path: string) => spawnSync('mkfifo', [path]), says: /not a file/ },
    { name: 'no JSON', make: (path: string) => writeFileSync(path, '{'), says: /not JSON/ },
    {
      name: 'a huge one',
      make: (path: string) => writeFileSync(path, Buffer.alloc(MAX_CONFIG_BYTES + 1)),
      says: /the limit is/,
    },
  ];
  for (const { name, make, says } of refusals) {
    test(`refuses ${name}`, () => {
      const path = join(folder, `refused ${name}`);
      make(path);
      expect(() => readConfigFile(path)).toThrow(says);
    });
  }
});

describe('a failure', () => {
  test('is one line of JSON, or as runc writes text', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(formatRuntimeError('a "b"', 'json', now)).toBe(
      '{"level":"error","msg":"a \\"b\\"","time":"2026-01-01T00:00:00Z"}\n',
    );
    expect(formatRuntimeError('a "b"', 'text', now)).toBe('time="2026-01-01T00:00:00Z" level=error msg="a \\"b\\""\n');
  });

  test('goes to a file only', () => {
    const log = join(folder, 'log');
    expect(reportToEngine({ log, logFormat: 'json' }, 'x', 0)).toBe(true);
    expect(reportToEngine({ log: `file:${log}`, logFormat: 'json' }, 'y', 0)).toBe(true);
    expect(readFileSync(log, 'utf8').split('\n').length).toBe(3);
    for (const other of [undefined, '', 'journald:x', 'syslog:x', folder, join(folder, 'no/log')]) {
      expect(reportToEngine({ log: other, logFormat: 'json' }, 'x', 0)).toBe(false);
    }
  });
});

describe('the state of a run', () => {
  const state: RunState = {
    runId: 'r',
    image: 'i',
    bundle: '/nowhere/at/all',
    config: 'config.json',
    root: '/run/x',
    states: new Map<string, Value>([
      ['example.com/a', { n: 1, bytes: new Uint8Array([1, 2]), ['__proto__']: 'p' }],
      ['__proto__', Number.NaN],
    ]),
    env: [{ name: '__proto__', before: undefined, after: '1' }],
  };

  test('comes back as it was, whatever plugins put into it, and goes with its bundle', () => {
    const base = join(folder, 'state');
    const path = statePath(base, '/run/containerd/default', 'x1');
    expect(path).toBe(`${base}/at//run/containerd/default/x1.json`);
    writeState(base, path, state);
    const read = readState(path) as RunState;
    expect(read.env).toEqual(state.env);
    expect([...read.states.keys()]).toEqual(['example.com/a', '__proto__']);
    expect(read.states.get('__proto__')).toBeNaN();
    expect(JSON.stringify(read.states.get('example.com/a'))).toContain('"__proto__":"p"');
    expect(statSync(base).mode & 0o777).toBe(0o700);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    sweepStates(base);
    expect(readState(path)).toBeUndefined();
  });

  test('stays where nobody said what its bundle is', () => {
    const base = join(folder, 'unknown');
    const path = statePath(base, 'precreate', 'x2');
    writeState(base, path, { ...state, bundle: '' });
    sweepStates(base);
    expect(readState(path)?.bundle).toBe('');
  });

  test('is not put into a folder that others can look into', () => {
    const open = join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o755);
    expect(() => writeState(open, statePath(open, undefined, 'a'), state)).toThrow(/not a folder of this user alone/);
  });

  test.each(['', '.', '..', 'a/b', 'a b', '../../etc/x', 'a\0b', 'é'])('has no place for the id %j', (id) => {
    expect(() => statePath('/s', undefined, id)).toThrow(/no runtime takes it/);
  });
});

describe('our hooks', () => {
  test('stand first at the start and last at the end, once', () => {
    const others = { poststart: [{ path: '/a' }], poststop: [{ path: '/b' }], prestart: [{ path: '/c' }] };
    const once = withOwnHooks({ hooks: others }, '/hook', '/state');
    const twice = withOwnHooks(withoutOwnHooks(once, '/hook'), '/hook', '/state');
    expect(twice).toEqual(once);
    expect(once.hooks.poststart).toEqual([
      { path: '/hook', args: ['wasm-plugin-hook', 'poststart', '/state'] },
      { path: '/a' },
    ]);
    expect(once.hooks.poststop.at(-1)).toEqual({ path: '/hook', args: ['wasm-plugin-hook', 'poststop', '/state'] });
    expect(withoutOwnHooks(once, '/hook')).toEqual({ hooks: others });
  });
});

test('isSandbox() knows a pod’s sandbox by what its engine says', () => {
  expect(isSandbox({ 'io.kubernetes.cri.container-type': 'sandbox' })).toBe(true);
  expect(isSandbox({ 'io.kubernetes.cri-o.ContainerType': 'sandbox' })).toBe(true);
  expect(isSandbox({ 'io.kubernetes.cri.container-type': 'container' })).toBe(false);
  expect(isSandbox(undefined)).toBe(false);
});
