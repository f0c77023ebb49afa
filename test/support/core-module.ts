/** Core modules put together by hand, for what no text format writes. */
import type { SectionSpan } from '../../host/sandbox/module-facts.js';
import { concat, leb, section } from '../../host/sandbox/wasm-bytes.js';

type Bytes = Uint8Array | readonly number[];

export const PREAMBLE: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** A module of these sections. */
export function moduleOf(...sections: readonly Uint8Array[]): Uint8Array {
  return concat([PREAMBLE, ...sections]);
}

/** A section that is a list. */
export function listSection(id: number, entries: readonly Bytes[]): Uint8Array {
  return section(id, [leb(entries.length), ...entries]);
}

/** A custom section. */
export function customSection(name: string, contents: Bytes): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  return section(0, [leb(bytes.length), bytes, contents]);
}

/** Something with its size in front: a function body, a name, the contents of a data segment. */
export function sized(...parts: readonly Bytes[]): Uint8Array {
  const body = concat(parts);
  return concat([leb(body.length), body]);
}

export interface RawSection extends SectionSpan {
  readonly contents: Uint8Array;
}

/** The sections of a module that is known to be valid, whatever it imports. */
export function sectionsOf(module: Uint8Array): RawSection[] {
  const sections: RawSection[] = [];
  for (let at = PREAMBLE.length; at < module.length; ) {
    const start = at;
    const id = module[at++]!;
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = module[at++]!;
      size += (byte & 0x7f) * 2 ** shift;
      more = byte >= 0x80;
    }
    const end = at + size;
    sections.push({ id, start, body: at, end, contents: module.subarray(at, end) });
    at = end;
  }
  return sections;
}
