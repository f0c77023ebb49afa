import { MappingsReader } from './mappings-reader.js';
import type { SourceMap } from './source-map.js';

/** A place in a source file. */
export interface SourcePosition {
  /** As the map spells it: text that the module's author chose. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** More than any file of source code has lines, or a line characters. */
const MAX_NUMBER = 0x7fffffff;

/** The best segment for one offset so far. */
interface Candidate {
  readonly wanted: number;
  offset: number;
  located: boolean;
  source: number;
  line: number;
  column: number;
}

/**
 * Find where the code at some byte offsets comes from, in one pass over the mappings.
 *
 * @param offsets - in bytes of the module that the map was made for, in any order.
 * @returns for each offset the position of the segment at or before it; undefined where there is none that makes sense.
 */
export function findPositions(map: SourceMap, offsets: readonly number[]): (SourcePosition | undefined)[] {
  const candidates: Candidate[] = offsets.map((wanted) => ({
    wanted,
    offset: 0,
    located: false,
    source: 0,
    line: 0,
    column: 0,
  }));
  const reader = new MappingsReader(map.mappings);
  while (reader.next()) {
    for (const candidate of candidates) {
      if (reader.offset >= candidate.offset && reader.offset <= candidate.wanted) {
        take(candidate, reader);
      }
    }
  }
  return candidates.map((candidate) => positionOf(candidate, map));
}

function take(candidate: Candidate, { offset, located, source, line, column }: MappingsReader): void {
  candidate.offset = offset;
  candidate.located = located;
  candidate.source = source;
  candidate.line = line;
  candidate.column = column;
}

function positionOf({ located, source, line, column }: Candidate, map: SourceMap): SourcePosition | undefined {
  const file: unknown = map.sources[source];
  const sensible = line >= 0 && line < MAX_NUMBER && column >= 0 && column < MAX_NUMBER;
  return located && sensible && typeof file === 'string' ? { file, line: line + 1, column: column + 1 } : undefined;
}
