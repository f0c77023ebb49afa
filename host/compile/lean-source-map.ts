/**
 * A compiler's source map, reduced to what the host asks it: where was the code that stopped, and what had called it?
 *
 * A map of every operator is twice as long as the code, and with the text of the sources forty times. What is left here is half as long
 * (docs/rationale.md), and still a source map as every tool reads it.
 */
import { readStoppingPoints } from '../sandbox/index.js';
import { MappingsReader, MappingsWriter, type Position, parseSourceMap, type SourceMap } from '../source-map/index.js';

/**
 * Reduce the map of a module.
 *
 * Each function begins with a position of its own, so that no code is taken for the end of the function before it.
 *
 * @param module - the core module that the map was made for.
 * @param json - the compiler's map.
 * @returns undefined if that is no source map.
 */
export function leanSourceMap(module: Uint8Array, json: string): SourceMap | undefined {
  const map = parseSourceMap(json);
  if (map === undefined) {
    return undefined;
  }
  const segments = readSegments(map.mappings);
  const writer = new MappingsWriter();
  let next = 0;
  for (const { start, end, operators } of readStoppingPoints(module)) {
    while (next < segments.length && segments[next]!.offset < start) {
      next++;
    }
    let current = next < segments.length && segments[next]!.offset < end ? segments[next]!.position : undefined;
    let written = current;
    writer.add(start, current);
    for (const operator of operators) {
      while (next < segments.length && segments[next]!.offset <= operator) {
        current = segments[next++]!.position;
      }
      if (current !== undefined && !same(current, written)) {
        writer.add(operator, current);
        written = current;
      }
    }
  }
  return { sources: map.sources, mappings: writer.text };
}

interface Segment {
  readonly offset: number;
  readonly position: Position;
}

/** Code that the compiler added has no position; it counts as the code in front of it. */
function readSegments(mappings: string): Segment[] {
  const reader = new MappingsReader(mappings);
  const segments: Segment[] = [];
  while (reader.next()) {
    const { offset, located, source, line, column } = reader;
    if (located) {
      segments.push({ offset, position: { source, line, column } });
    }
  }
  return segments;
}

function same(one: Position, other: Position | undefined): boolean {
  return one.source === other?.source && one.line === other.line && one.column === other.column;
}
