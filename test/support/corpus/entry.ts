/** One file of the corpus. */
import type { PluginErrorCode } from '../../../host/errors/index.js';
import { concat } from '../../../host/sandbox/wasm-bytes.js';

export type Bytes = Uint8Array | readonly number[];

export interface CorpusEntry {
  /** The edge, in words; the file's name without its ending. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What decoding it ends with. More than one where V8's version decides. Empty: a value. */
  readonly codes: readonly PluginErrorCode[];
}

export interface Corpus {
  /** The folder. */
  readonly decoder: string;
  readonly extension: string;
  readonly entries: readonly CorpusEntry[];
}

export function good(name: string, ...parts: readonly Bytes[]): CorpusEntry {
  return { name, bytes: concat(parts), codes: [] };
}

/** Makes entries that end with one of `codes`. */
export function refused(
  ...codes: readonly PluginErrorCode[]
): (name: string, ...parts: readonly Bytes[]) => CorpusEntry {
  return (name, ...parts) => ({ name, bytes: concat(parts), codes });
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
