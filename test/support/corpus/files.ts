/** The files of test/corpus/{good,bad}, made anew: `node scripts/corpus.mjs --update` writes them. */
import { components } from './component.js';
import { configEdits } from './config-edit.js';
import { coreModules } from './core-wasm.js';
import type { Corpus } from './entry.js';
import { manifests } from './manifest.js';
import { messages } from './message.js';
import { sif } from './sif.js';

export const CORPORA: readonly Corpus[] = [sif, components, coreModules, messages, manifests, configEdits];

/** Beside the bad files of each decoder: file -> code, or codes. */
export const EXPECTED = 'expected.json';

/** @returns paths below test/corpus, and contents. */
export function corpusFiles(): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const { decoder, extension, entries } of CORPORA) {
    const expected: Record<string, string | readonly string[]> = {};
    for (const { name, bytes, codes } of entries) {
      const file = `${name}.${extension}`;
      const path = `${codes.length === 0 ? 'good' : 'bad'}/${decoder}/${file}`;
      if (files.has(path)) {
        throw new Error(`There are two files ${path}`);
      }
      files.set(path, bytes);
      if (codes.length > 0) {
        expected[file] = codes.length === 1 ? codes[0]! : codes;
      }
    }
    files.set(`bad/${decoder}/${EXPECTED}`, new TextEncoder().encode(`${JSON.stringify(expected, null, 2)}\n`));
  }
  return files;
}
