/** Archives that are changed, cut and put together anyhow: entries, or a refusal, in bounded time and memory. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTarReader } from '../../host/engine/image/tar/index.js';
import { bounded, fuzz } from '../support/bounded.js';
import { paxRecord, tarArchive, tarEntry } from '../support/tar.js';

const RUNS = 300;
const STEPS = [1, 100, 512, 10_000];

const text = fc.string({ maxLength: 120 });
const entry = fc
  .record({
    name: text,
    type: fc.constantFrom('0', '1', '2', '3', '5', '6', 'x', 'g', 'L', 'K', 'S', '\0'),
    data: fc.oneof(
      fc.string({ maxLength: 1500 }),
      fc
        .tuple(fc.constantFrom('path', 'size', 'mtime', 'uid', 'GNU.sparse.x'), text)
        .map(([key, value]) => paxRecord(key, value)),
    ),
    size: fc.option(fc.constantFrom('', '7', '77777777777', '\x80'.padEnd(12, '\x01'), '\xff'.repeat(12)), {
      nil: undefined,
    }),
    magic: fc.constantFrom('ustar\u000000', 'ustar  \0', ''),
  })
  .map(({ size, ...fields }) => tarEntry(size === undefined ? fields : { ...fields, size }));
const change = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) });

test('the reader of archives', () => {
  const inputs = fc.record({
    entries: fc.array(entry, { maxLength: 6 }),
    changes: fc.array(change, { maxLength: 3 }),
    cut: fc.option(fc.nat(), { freq: 3, nil: undefined }),
    step: fc.constantFrom(...STEPS),
  });
  fuzz(RUNS, inputs, ({ entries, changes, cut, step }) => {
    const whole = tarArchive(...entries);
    for (const { at, byte } of changes) {
      whole[at % whole.byteLength] = byte;
    }
    const archive = cut === undefined ? whole : whole.subarray(0, cut % (whole.byteLength + 1));
    const outcome = bounded(archive.byteLength, () => {
      let expected = 0;
      const reader = createTarReader({
        entry: ({ size }) => {
          expect(expected).toBe(0);
          expected = size;
        },
        data: (bytes) => {
          expected -= bytes.byteLength;
        },
        end: () => expect(expected).toBe(0),
      });
      for (let at = 0; at < archive.byteLength && reader.push(archive.subarray(at, at + step)); at += step);
      reader.finish();
    });
    expect(['value', 'IMAGE_UNSUPPORTED']).toContain(outcome);
  });
});
