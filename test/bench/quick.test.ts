/** Every other benchmark runs: what is wrong in an answer, a checksum or an ending makes it fail before it prints anything. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { needs } from '../support/need.js';
import { canPodman } from '../support/podman.js';
import { oneSampleEach, runBench } from './run-bench.js';

// Each starts processes and compilers, which others may keep waiting.
vi.setConfig({ testTimeout: 600_000 });

type Samples = Record<string, number[]>;

test('bench:instantiate makes instances of three languages in every way', async () => {
  const { results } = await runBench<{ results: { guest: string; nanosecondsPerInstance: Samples }[] }>('instantiate');
  expect(results.map(({ guest }) => guest)).toEqual(['AssemblyScript SDK', 'C', 'QuickJS']);
  for (const { nanosecondsPerInstance } of results) {
    expect(Object.keys(nanosecondsPerInstance)).toHaveLength(4);
    expect(oneSampleEach(nanosecondsPerInstance)).toBe(true);
  }
});

test('bench:load gets a first answer in fresh processes and in a warm one', async () => {
  type Column = { guest: string; nanoseconds: Samples };
  const { fresh, warm } = await runBench<{ fresh: Column[]; warm: Column }>('load');
  expect(fresh).toHaveLength(1);
  for (const { nanoseconds } of [...fresh, warm]) {
    expect(Object.keys(nanoseconds)).toHaveLength(6);
    expect(oneSampleEach(nanoseconds)).toBe(true);
  }
});

test('bench:memory holds instances of every contender', async () => {
  const { bytesPerInstance } = await runBench<{ bytesPerInstance: Samples }>('memory');
  expect(Object.values(bytesPerInstance).map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1]);
});

test('bench:meter gets the same results of every kernel in every mode', async () => {
  const { results } = await runBench<{ results: { subject: string; nanosecondsPerRound: Samples }[] }>('meter');
  expect(results.map(({ subject }) => subject)).toEqual([
    'sieve',
    'fib',
    'mandelbrot',
    'hash',
    'string-map',
    'sha256',
    'json',
    'sort',
    'matrix',
    'QuickJS',
  ]);
  for (const { nanosecondsPerRound } of results) {
    expect(Object.values(nanosecondsPerRound).map(({ length }) => length)).toEqual([1, 1, 1, 1, 1]);
  }
});

test('bench:rewrite takes every step with a real module', async () => {
  const { results } = await runBench<{ results: { module: string; megabytesPerSecond: Samples }[] }>('rewrite');
  expect(results.map(({ module }) => module)).toEqual(['QuickJS']);
  expect(Object.keys(results[0]?.megabytesPerSecond ?? {})).toHaveLength(7);
});

test('bench:overshoot ends every attack, and no thread stays', async () => {
  type Row = { attack: string; view: string; milliseconds: number[] };
  const { results } = await runBench<{ results: Row[] }>('overshoot');
  expect(results).toHaveLength(3 * 14);
  expect(results.every(({ milliseconds }) => milliseconds.length === 1)).toBe(true);
});

test('bench:concurrency calls inline and in pools', async () => {
  const { results } = await runBench<{ results: { contender: string; callsPerSecond: number[] }[] }>('concurrency');
  expect(results.map(({ contender }) => contender)).toEqual(['inline', 'pool of 1 thread', 'pool of 2 threads']);
  expect(results.every(({ callsPerSecond }) => (callsPerSecond[0] ?? 0) > 0)).toBe(true);
});

// Built before any test with `npm test`, and missing with `npx vitest` in a fresh checkout.
const isBuilt = existsSync(join(import.meta.dirname, '../../dist/bin/oci.js'));

test.skipIf(!isBuilt || !canPodman('root') || !needs('runc'))(
  'bench:container starts containers in every way, and leaves none',
  async () => {
    const { nanoseconds } = await runBench<{ nanoseconds: Samples }>('container');
    expect(Object.keys(nanoseconds)).toHaveLength(4 + 9 + 4 + 4);
    expect(oneSampleEach(nanoseconds)).toBe(true);
  },
);

test.skipIf(!needs('tar'))('bench:rootfs unpacks both archives as GNU tar does', async () => {
  const { results } = await runBench<{ results: { archive: string; megabytesPerSecond: Samples }[] }>('rootfs');
  expect(results.map(({ archive }) => archive)).toEqual(['large files', 'small files']);
  for (const { megabytesPerSecond } of results) {
    expect(Object.keys(megabytesPerSecond)).toEqual(['GNU tar', 'tar-image-driver']);
    expect(oneSampleEach(megabytesPerSecond)).toBe(true);
  }
});
