/** What an embedder may choose: refused whole, with every problem, or resolved with every default. */
import { describe, expect, test } from 'vitest';
import { MAX_BODY_BYTES, MAX_TIMEOUT_MS } from '../capability/index.js';
import { DEFAULT_SANDBOX_LIMITS } from '../sandbox/index.js';
import { type CallLimits, checkCallOptions } from './call-options.js';
import { LIMITS } from './limits.js';
import { resolveLoad } from './load-options.js';
import { type HostOptions, resolveOptions } from './options.js';

const refuse = (options: unknown) => expect(() => resolveOptions(options as HostOptions));

describe('createHost() refuses', () => {
  const cases = [
    { name: 'an unknown option', options: { limit: {} }, want: /unknown option "limit"/ },
    {
      name: 'an unknown limit',
      options: { limits: { memory: 1 } },
      want: /unknown limit "memory" \(known: memoryMiB, /,
    },
    { name: 'limits that are no object', options: { limits: 64 }, want: /limits must be an object, not 64/ },
    {
      name: 'no memory',
      options: { limits: { memoryMiB: 0 } },
      want: /memoryMiB must be a number above 0 and up to 4096/,
    },
    { name: 'memory that is no number', options: { limits: { memoryMiB: Number.NaN } }, want: /not NaN/ },
    {
      name: 'a deadline of nothing',
      options: { limits: { deadlineMs: 0 } },
      want: /deadlineMs must be a whole number from 1/,
    },
    { name: 'a part of a millisecond', options: { limits: { deadlineMs: 1.5 } }, want: /deadlineMs.*not 1\.5/ },
    {
      name: 'no deadline',
      options: { limits: { deadlineMs: Number.POSITIVE_INFINITY } },
      want: /deadlineMs.*not Infinity/,
    },
    { name: 'fuel as a text', options: { limits: { fuel: '5' } }, want: /fuel must be a whole number/ },
    {
      name: 'another isolation',
      options: { isolation: 'process' },
      want: /isolation must be 'inline' or 'thread', not "process"/,
    },
    {
      name: 'an unknown pool option',
      options: { pool: { min: 1 } },
      want: /unknown option of pool "min" \(known: size, .*fresh\)/,
    },
    { name: 'a pool of nothing', options: { pool: { size: 0 } }, want: /pool\.size must be a whole number from 1/ },
    {
      name: 'a fresh that is no boolean',
      options: { pool: { fresh: 1 } },
      want: /pool\.fresh must be true or false, not 1/,
    },
    {
      name: 'a pool above the limit',
      options: { pool: { size: 17 } },
      want: /make 17 instances, limits\.instances is 16/,
    },
    { name: 'no quarantine at all', options: { quarantine: false }, want: /quarantine must be an object, not false/ },
    {
      name: 'a quarantine after nothing',
      options: { quarantine: { crashes: 0 } },
      want: /crashes must be a whole number/,
    },
    { name: 'a quarantine for ever', options: { quarantine: { forMs: Number.POSITIVE_INFINITY } }, want: /forMs/ },
    { name: 'a ledger by name', options: { ledger: 'all' }, want: /ledger must be true or false/ },
    { name: 'an unknown source of http', options: { http: { proxy: 'x' } }, want: /unknown option of http "proxy"/ },
    { name: 'sources of http that are no object', options: { http: 'x' }, want: /http must be an object, not x/ },
    { name: 'sources of http that are null', options: { http: null }, want: /http must be an object, not null/ },
    { name: 'all of it at once', options: { a: 1, limits: { b: 2 }, pool: { c: 3 } }, want: /"a".*"b".*"c"/ },
  ];
  for (const { name, options, want } of cases) {
    test(name, () => {
      refuse(options).toThrow(TypeError);
      refuse(options).toThrow(want);
    });
  }
});

describe('limits', () => {
  for (const [key, { least, most }] of Object.entries(LIMITS)) {
    test(`${key} is taken at its bounds, and no further`, () => {
      const low = least ?? Number.MIN_VALUE;
      for (const value of [low, most]) {
        expect(() => resolveOptions({ limits: { [key]: value } })).not.toThrow();
      }
      for (const value of [least === undefined ? 0 : least - 1, most * 1.01]) {
        refuse({ limits: { [key]: value } }).toThrow(`limits.${key} must be`);
      }
    });
  }

  test('without any are those of the sandbox', () => {
    const { limits } = resolveLoad({}, {});
    expect({ ...DEFAULT_SANDBOX_LIMITS, ...limits.sandbox }).toEqual(DEFAULT_SANDBOX_LIMITS);
  });

  test('are whole bytes, however they are written', () => {
    const { limits } = resolveLoad({ limits: { memoryMiB: 0.5, functionKiB: 1.0001 } }, {});
    expect(limits.sandbox).toMatchObject({ memoryBytes: 524_288, functionBytes: 1024 });
  });
});

describe('http', () => {
  for (const [key, most] of [
    ['timeoutMs', MAX_TIMEOUT_MS],
    ['bodyBytes', MAX_BODY_BYTES],
  ] as const) {
    const good = [
      { name: 'undefined, which is the most', value: undefined },
      { name: 'the least', value: 1 },
      { name: 'the most', value: most },
    ];
    for (const { name, value } of good) {
      test(`${key} may be ${name}`, () => {
        expect(resolveOptions({ http: { [key]: value } }).sources.http).toEqual({ [key]: value });
      });
    }

    const bad = [
      { name: 'nothing', value: 0 },
      { name: 'less than nothing', value: -1 },
      { name: 'a part', value: 1.5 },
      { name: 'no number', value: Number.NaN },
      { name: 'endless', value: Number.POSITIVE_INFINITY },
      { name: 'one more than the most', value: most + 1 },
      { name: 'a text', value: '5' },
      { name: 'null', value: null },
    ];
    for (const { name, value } of bad) {
      test(`${key} may not be ${name}`, () => {
        refuse({ http: { [key]: value } }).toThrow(TypeError);
        refuse({ http: { [key]: value } }).toThrow(
          `http.${key} must be a whole number from 1 to ${most}, not ${value}`,
        );
      });
    }
  }
});

describe('load()', () => {
  const host = {
    limits: { memoryMiB: 32, deadlineMs: 50 },
    pool: { size: 4, maxCalls: 10 },
    quarantine: { crashes: 9 },
  };

  test('takes what the host has, key by key', () => {
    const run = resolveLoad({ limits: { deadlineMs: 100 }, pool: { maxCalls: 5 }, quarantine: { forMs: 7 } }, host);
    expect(run.limits.sandbox).toMatchObject({ memoryBytes: 32 * 1024 * 1024, deadlineMs: 100 });
    expect(run.pool).toMatchObject({ size: 4, maxCalls: 5 });
    expect(run.quarantine).toEqual({ crashes: 9, forMs: 7 });
  });

  test('takes the host’s where its own is undefined', () => {
    const run = resolveLoad(
      { limits: { deadlineMs: undefined }, isolation: undefined },
      { ...host, isolation: 'thread' },
    );
    expect(run.limits.sandbox.deadlineMs).toBe(50);
    expect(run.isolation).toBe('thread');
  });

  test('refuses what does not fit together with the host’s', () => {
    expect(() => resolveLoad({ limits: { instances: 3 } }, host)).toThrow(
      'Cannot load a plugin: pool.size and pool.standby make 4 instances, limits.instances is 3',
    );
  });

  test('refuses standby instances beyond the limit, in threads only', () => {
    const pool = { size: 1, standby: 16 };
    expect(() => resolveLoad({ isolation: 'thread', pool }, {})).toThrow(/make 17 instances/);
    expect(resolveLoad({ pool }, {}).pool.standby).toBe(0);
  });

  test('makes one call of an instance out of fresh', () => {
    expect(resolveLoad({ pool: { fresh: true, maxCalls: 7 } }, {}).pool.maxCalls).toBe(1);
    expect(resolveLoad({ pool: { fresh: false } }, { pool: { fresh: true } }).pool.maxCalls).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});

test('what the embedder does to its options later changes nothing', () => {
  const options = { limits: { memoryMiB: 1 } };
  const { run } = resolveOptions(options);
  options.limits.memoryMiB = 4096;
  expect(resolveLoad({}, run).limits.sandbox.memoryBytes).toBe(1024 * 1024);
});

describe('options of a call', () => {
  const limits: CallLimits = { deadlineMs: 100, fuel: 1000 };
  const check = (options: object, against = limits) => expect(() => checkCallOptions(options, against));
  const { signal } = new AbortController();

  test('all of them, up to the plugin’s own', () => {
    check({ signal, deadlineMs: 100, fuel: 1000 }).not.toThrow();
    check({ signal: undefined, deadlineMs: undefined, fuel: undefined }).not.toThrow();
    check({}).not.toThrow();
  });

  const wrong = [
    { name: 'an unknown one', options: { timeout: 5 }, kind: TypeError, want: 'unknown option "timeout"' },
    { name: 'a signal that is none', options: { signal: {} }, kind: TypeError, want: 'signal must be an AbortSignal' },
    { name: 'a deadline as text', options: { deadlineMs: '5' }, kind: TypeError, want: 'deadlineMs must be a number' },
    { name: 'a deadline of nothing', options: { deadlineMs: 0 }, kind: RangeError, want: 'from 1 to 100' },
    { name: 'half a millisecond', options: { deadlineMs: 0.5 }, kind: RangeError, want: 'not 0.5' },
    {
      name: 'a longer deadline than the plugin’s',
      options: { deadlineMs: 101 },
      kind: RangeError,
      want: 'from 1 to 100',
    },
    { name: 'no deadline', options: { deadlineMs: Number.POSITIVE_INFINITY }, kind: RangeError, want: 'not Infinity' },
    { name: 'more fuel than the plugin’s', options: { fuel: 1001 }, kind: RangeError, want: 'from 1 to 1000' },
  ];
  for (const { name, options, kind, want } of wrong) {
    test(`refused: ${name}`, () => {
      check(options).toThrow(kind);
      check(options).toThrow(want);
    });
  }

  test('refused: fuel where none is counted', () => {
    check({ fuel: 5 }, { deadlineMs: 100, fuel: undefined }).toThrow(TypeError);
    check({ fuel: 5 }, { deadlineMs: 100, fuel: undefined }).toThrow(/load it with limits\.fuel/);
  });
});
