/**
 * The kept corpus: small files at the edges of every format that the host reads.
 *
 *   good/<decoder>/<edge>.<ext>     decodes to a value
 *   bad/<decoder>/<edge>.<ext>      ends with the PluginError that bad/<decoder>/expected.json names
 *
 * test/support/corpus makes them; `node scripts/corpus.mjs --update` writes what it makes. What a fuzz test finds becomes a file here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bounded } from '../support/bounded.js';
import { DECODERS } from '../support/corpus/decoders.js';
import { CORPORA, corpusFiles, EXPECTED } from '../support/corpus/files.js';

const MAX_CORPUS_BYTES = 1024 * 1024;
const MIN_GOOD = 8;
const MIN_BAD = 20;

const read = (path: string): Uint8Array => new Uint8Array(readFileSync(join(import.meta.dirname, path)));
const namesIn = (folder: string): string[] => readdirSync(join(import.meta.dirname, folder)).sort();

for (const { decoder, extension } of CORPORA) {
  const decode = DECODERS[decoder]!;
  const isCase = (file: string): boolean => file !== EXPECTED;
  const good = namesIn(`good/${decoder}`);
  const bad = namesIn(`bad/${decoder}`).filter(isCase);

  describe(`${decoder}, good`, () => {
    test('has enough files', () => expect(good.length).toBeGreaterThanOrEqual(MIN_GOOD));
    for (const file of good) {
      test(file, () => {
        const bytes = read(`good/${decoder}/${file}`);
        expect(bounded(bytes.length, () => decode(bytes))).toBe('value');
      });
    }
  });

  describe(`${decoder}, bad`, () => {
    const expected: Record<string, string | string[]> = JSON.parse(
      Buffer.from(read(`bad/${decoder}/${EXPECTED}`)).toString(),
    );
    test('has enough files, all of them named in expected.json', () => {
      expect(bad.length).toBeGreaterThanOrEqual(MIN_BAD);
      expect(Object.keys(expected).sort()).toEqual(bad);
      expect(bad.filter((file) => !file.endsWith(`.${extension}`))).toEqual([]);
    });
    for (const file of bad) {
      test(file, () => {
        const bytes = read(`bad/${decoder}/${file}`);
        expect([expected[file]].flat()).toContain(bounded(bytes.length, () => decode(bytes)));
      });
    }
  });
}

test('the files are those that the generators make', () => {
  const made = corpusFiles();
  const kept = ['good', 'bad'].flatMap((kind) =>
    namesIn(kind).flatMap((decoder) => namesIn(`${kind}/${decoder}`).map((file) => `${kind}/${decoder}/${file}`)),
  );
  expect(kept.sort()).toEqual([...made.keys()].sort());
  for (const [path, bytes] of made) {
    expect(Buffer.compare(read(path), bytes), path).toBe(0);
  }
});

test('the corpus is small', () => {
  const sizes = [...corpusFiles().values()].map((bytes) => bytes.length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_CORPUS_BYTES);
});
