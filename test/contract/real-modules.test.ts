/**
 * The meter under real programs that nobody here wrote: jco's core modules print a component, clang compiles a C file, binaryen
 * optimises what the AssemblyScript compiler made, QuickJS evaluates scripts. What comes out must be the same to the byte.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { INLINE_DEADLINE_METER } from '../../host/sandbox/index.js';
import { buildJavaScriptEvaluate } from '../support/build-javascript.js';
import { instantiateWithJco } from '../support/jco-oracle.js';
import { openGuest } from '../support/sandbox-guest.js';

const JOB = fileURLToPath(new URL('../support/real-module-job.mjs', import.meta.url));

/** Code that looks at an epoch cell needs multi-memory, which Node 22 brought. */
const METERS = INLINE_DEADLINE_METER === 'epoch' ? ['epoch', 'slices', 'fuel', 'epoch+fuel'] : ['slices', 'fuel'];

interface Outcome {
  readonly bytes: number;
  readonly digest: string;
  readonly modules: number;
  readonly ticks: number;
}

async function outcomeOf(job: string, meter: string): Promise<Outcome> {
  const { stdout } = await promisify(execFile)(process.execPath, [JOB, job, meter], { maxBuffer: 1 << 20 });
  return JSON.parse(stdout) as Outcome;
}

const jobs = [
  { job: 'print a component', meters: METERS },
  { job: 'compile AssemblyScript', meters: METERS },
  // 75 MB of code: once is enough, in the mode that plugins run in.
  { job: 'compile a C file', meters: [INLINE_DEADLINE_METER] },
];
for (const { job, meters } of jobs) {
  describe(job, () => {
    test.each(meters)('%s', async (meter) => {
      const plain = await outcomeOf(job, 'none');
      const metered = await outcomeOf(job, meter);
      expect(plain.modules).toBe(0);
      expect(metered.modules).toBeGreaterThan(0);
      expect(metered.ticks > 0).toBe(meter === 'slices');
      expect([metered.bytes, metered.digest]).toEqual([plain.bytes, plain.digest]);
    });
  });
}

describe('QuickJS evaluates a script', () => {
  const HOOK = 'acme:echo/echo@1.0.0';
  const scripts = [
    { name: 'arithmetic', text: '[1 / 3, 2 ** 70, -0, 0.1 + 0.2, 7 % -3].join()' },
    {
      name: 'sieve',
      text: 'const s = []; next: for (let i = 2; i < 3000; i++) { for (const p of s) if (i % p === 0) continue next; s.push(i); } s.length',
    },
    { name: 'recursion', text: '(function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); })(18)' },
    { name: 'strings and patterns', text: `'a-b_c'.repeat(200).replace(/[-_](.)/g, (_, c) => c.toUpperCase()).length` },
    {
      name: 'sorting objects',
      text: 'JSON.stringify(Array.from({ length: 50 }, (_, i) => ({ i, k: (i * 37) % 50 })).sort((a, b) => a.k - b.k))',
    },
    {
      name: 'maps and iterators',
      text: '[...new Map(Object.entries({ x: 1, y: [2, { z: 3 }] }))].flat(9).map(String).join()',
    },
    { name: 'an exception', text: `null.x` },
    {
      name: 'an exception that is caught',
      text: `try { (function f(n) { if (n > 40) throw new RangeError(n); f(n + 1); })(0); } catch (e) { e.name + e.message }`,
    },
    { name: 'numbers beyond 2^53', text: '(123456789n ** 20n).toString(36)' },
  ];
  test.each(scripts)('$name', async ({ text }) => {
    const component = await buildJavaScriptEvaluate();
    const oracle = await instantiateWithJco(component, { onOutput: () => {}, capabilities: new Map() });
    const { instance } = await openGuest(component);
    const request = new TextEncoder().encode(text);
    const [ours, theirs] = [instance, oracle].map((guest) => {
      const { ok, payload } = guest.call(HOOK, request);
      return { ok, text: new TextDecoder().decode(payload) };
    });
    expect(ours).toEqual(theirs);
    expect(ours?.text.length).toBeGreaterThan(0);
  });
});
