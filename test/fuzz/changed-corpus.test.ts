/**
 * Files of the corpus with bytes changed, cut, doubled and mixed: a value or a PluginError, in bounded time and memory.
 *
 * `FUZZ_RUNS=100 npx vitest run test/fuzz` looks a hundred times as long; `FUZZ_SEED` repeats a run. What it finds becomes a file of
 * the corpus.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeComponent, describeComponent } from '../../host/component/index.js';
import { readSif } from '../../host/sif/index.js';
import { bounded, fuzz, type Outcome } from '../support/bounded.js';
import { DECODERS } from '../support/corpus/decoders.js';
import type { Corpus } from '../support/corpus/entry.js';
import { CORPORA } from '../support/corpus/files.js';

const RUNS = 1500;
/** Few enough that the small ones are changed as often as the large ones. */
const MAX_SEED_BYTES = 16 * 1024;

/** `at` and `size` are shares of what is there, so that shrinking keeps them inside. */
type Edit =
  | { readonly kind: 'set'; readonly at: number; readonly bytes: readonly number[] }
  | { readonly kind: 'cut' | 'double' | 'insert'; readonly at: number; readonly size: number };

// Not fc.double: half of all doubles below 1 are next to 0.
const share = fc.nat({ max: 999_999 }).map((millionths) => millionths / 1_000_000);
/** Numbers at the edges, in each of the encodings that one of the formats has. */
const piece = fc.oneof(
  fc.constantFrom<number[]>(
    [0],
    [0x7f],
    [0x80],
    [0xff],
    [0xff, 0xff, 0xff, 0xff, 0x0f],
    [0x80, 0x80, 0x80, 0x80, 0x00],
  ),
  fc.constantFrom<number[]>(
    [0xff, 0xff, 0xff, 0xff],
    [0, 0, 0, 0x80],
    [0xff, 0xff, 0xff, 0x7f],
    [0xdd, 0xff, 0xff, 0xff, 0xff],
  ),
  fc.array(fc.nat(255), { minLength: 1, maxLength: 3 }),
);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), at: share, bytes: piece }) },
  fc.record({ kind: fc.constantFrom('cut' as const, 'double' as const, 'insert' as const), at: share, size: share }),
);

function edited(bytes: Uint8Array, other: Uint8Array, change: Edit): Uint8Array {
  const at = Math.floor(change.at * bytes.length);
  if (change.kind === 'set') {
    const copy = bytes.slice();
    copy.set(change.bytes.slice(0, bytes.length - at), at);
    return copy;
  }
  const size = Math.floor(change.size * 64);
  const from = Math.floor(change.size * other.length);
  const middle =
    change.kind === 'cut'
      ? []
      : change.kind === 'double'
        ? bytes.subarray(at, at + size)
        : other.subarray(from, from + size);
  return new Uint8Array(
    Buffer.concat([
      bytes.subarray(0, at),
      Uint8Array.from(middle),
      bytes.subarray(change.kind === 'cut' ? at + size : at),
    ]),
  );
}

function changed({ entries }: Corpus): fc.Arbitrary<Uint8Array> {
  const seeds = entries.filter(({ bytes }) => bytes.length <= MAX_SEED_BYTES).map(({ bytes }) => bytes);
  return fc
    .tuple(fc.constantFrom(...seeds), fc.constantFrom(...seeds), fc.array(edit, { maxLength: 4 }))
    .map(([seed, other, edits]) => edits.reduce((bytes, change) => edited(bytes, other, change), seed));
}

// The edits of configs are JSON, which config-edit.test.ts makes better.
describe.each(CORPORA.filter(({ decoder }) => decoder !== 'config-edit'))('$decoder', (corpus) => {
  test('with changes is a value or a PluginError', () => {
    const decode = DECODERS[corpus.decoder]!;
    const outcomes = new Set<Outcome>();
    fuzz(RUNS, changed(corpus), (bytes) => {
      outcomes.add(bounded(bytes.length, () => decode(bytes)));
    });
    expect(outcomes).toContain('value');
    expect(outcomes.size).toBeGreaterThan(1);
  });
});

const corpusOf = (decoder: string): Corpus => CORPORA.find((one) => one.decoder === decoder)!;

test('the names in a component are the same, whether it is decoded or only described', () => {
  fuzz(RUNS, changed(corpusOf('component')), (bytes) => {
    bounded(bytes.length, () => {
      const { imports, exports } = decodeComponent(bytes);
      const described = describeComponent(bytes);
      expect(described.imports).toEqual(imports);
      expect(described.exports).toEqual(expect.arrayContaining([...exports]));
    });
  });
});

test('the objects of an image lie inside of it, and share no byte', () => {
  fuzz(RUNS, changed(corpusOf('sif')), (bytes) => {
    bounded(bytes.length, () => {
      const { header, objects } = readSif(bytes);
      const owned = objects.filter(({ size }) => size > 0).sort((a, b) => a.offset - b.offset);
      let end = header.dataOffset;
      for (const { offset, size, data } of owned) {
        expect(offset).toBeGreaterThanOrEqual(end);
        expect(data.length).toBe(size);
        end = offset + size;
      }
      expect(end).toBeLessThanOrEqual(bytes.length);
    });
  });
});
