/**
 * Whole packages with bytes changed, from loading to the first answer: a value or a PluginError, in bounded time and memory.
 *
 * The guest has no loop, so a change or two cannot make it run for ever, which nothing stops yet.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capabilities, encode } from '../../host/abi/index.js';
import type { Host } from '../../host/index.js';
import { createHost, PluginError } from '../../host/index.js';
import { readPackage } from '../../host/package/index.js';
import { cpuTimer } from '../support/cpu-time.js';
import { packPuppet } from '../support/puppet.js';
import { SCORE } from '../support/text-plugin.js';

/** The guest passes it on to the log. */
const REQUEST = encode(capabilities.log.request, { level: 'info', message: 'x' });
/** Of the processor, for one package. */
const TIME_MS = 10_000;
const MIB = 1024 * 1024;
/** Far above what one instance may have (64 MiB), far below what a length of 32 bits could ask for. */
const GROWTH_BYTES = 700 * MIB;

/** Allocates without a loop or a branch back. */
const REALLOC = `(global $next (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $size))))`;

let host: Host;
let sif: Uint8Array;
/** Where in it the component is. */
let component = { from: 0, to: 0 };

beforeAll(async () => {
  host = await createHost();
  const handle = '(call $call (local.get $ptr) (local.get $len) (i32.const 2048)) (i32.const 2048)';
  sif = await packPuppet({ parts: { realloc: REALLOC, handle } });
  const { component: inside } = readPackage(sif);
  const from = inside.byteOffset - sif.byteOffset;
  component = { from, to: from + inside.byteLength };
});

afterAll(() => host.close());

/** `answer` or the code of the PluginError; anything else fails the test. */
async function loadAndCall(bytes: Uint8Array): Promise<string> {
  const took = cpuTimer();
  try {
    const plugin = await host.load(bytes);
    try {
      const [hook = SCORE] = plugin.hooks;
      await plugin.callRaw(hook, REQUEST);
      return 'answer';
    } finally {
      await plugin.close();
    }
  } catch (error) {
    expect(error).toBeInstanceOf(PluginError);
    expect((error as PluginError).code).not.toBe('HOST_BUG');
    return (error as PluginError).code;
  } finally {
    expect(took()).toBeLessThan(TIME_MS);
  }
}

type Edit =
  | { readonly kind: 'set'; readonly at: number; readonly value: number }
  | { readonly kind: 'number'; readonly at: number; readonly value: number }
  | { readonly kind: 'cut' | 'double'; readonly at: number; readonly size: number };

/** Make one edit in a range; `at` and `size` are shares of what is there, so that shrinking keeps them inside. */
function edited(bytes: Uint8Array, { from, to }: typeof component, edit: Edit): Uint8Array {
  const at = from + Math.floor(edit.at * (Math.min(to, bytes.byteLength) - from));
  if (edit.kind === 'set' || edit.kind === 'number') {
    const changed = bytes.slice();
    if (edit.kind === 'set') changed[at] = edit.value;
    else if (at <= changed.byteLength - 4) new DataView(changed.buffer).setUint32(at, edit.value, true);
    return changed;
  }
  const end = at + Math.floor(edit.size * 64);
  const parts =
    edit.kind === 'cut' ? [bytes.subarray(0, at), bytes.subarray(end)] : [bytes.subarray(0, end), bytes.subarray(at)];
  return new Uint8Array(Buffer.concat(parts));
}

// Not fc.double: half of all doubles below 1 are next to 0.
const share = fc.nat({ max: 999_999 }).map((millionths) => millionths / 1_000_000);
const value = fc.oneof(fc.nat(255), fc.constantFrom(0x00, 0x7f, 0x80, 0xff));
const set = fc.record({ kind: fc.constant('set' as const), at: share, value });
const number = fc.record({
  kind: fc.constant('number' as const),
  at: share,
  value: fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
});
const move = fc.record({ kind: fc.constantFrom('cut' as const, 'double' as const), at: share, size: share });

describe('a package', () => {
  test('as it was packed answers', async () => expect(await loadAndCall(sif)).toBe('answer'));

  const attacks = [
    {
      name: 'with changed bytes anywhere',
      range: () => ({ from: 0, to: sif.byteLength }),
      edits: fc.array(fc.oneof(set, number), { maxLength: 3 }),
      reached: ['answer', 'SIF_MALFORMED'],
    },
    {
      name: 'with pieces missing or doubled',
      range: () => ({ from: 0, to: sif.byteLength }),
      edits: fc.array(move, { minLength: 1, maxLength: 2 }),
      reached: ['SIF_MALFORMED'],
    },
    {
      name: 'with changed bytes in its component',
      range: () => component,
      edits: fc.array(set, { minLength: 1, maxLength: 2 }),
      reached: ['answer', 'COMPONENT_MALFORMED'],
    },
  ];
  for (const { name, range, edits, reached } of attacks) {
    test(`${name} gives an answer or a PluginError, in bounds`, async () => {
      const before = process.memoryUsage().rss;
      const outcomes = new Set<string>();
      await fc.assert(
        fc.asyncProperty(edits, async (list) => {
          const bytes = list.reduce((one, edit) => edited(one, range(), edit), sif);
          outcomes.add(await loadAndCall(bytes));
        }),
        { numRuns: 400 },
      );
      expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH_BYTES);
      expect([...outcomes]).toEqual(expect.arrayContaining(reached));
    });
  }

  test('cut off at any byte is refused', async () => {
    for (let size = 0; size < sif.byteLength; size += 97) {
      expect(await loadAndCall(sif.slice(0, size))).toMatch(/^(SIF_MALFORMED|PACKAGE_INVALID)$/);
    }
  });
});
