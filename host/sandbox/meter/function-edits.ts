/** The points of one function -> the edits of its code. */
import { leb } from '../wasm-bytes.js';
import type { CheckCode, FunctionCode } from './checks.js';
import type { CodeFacts } from './code-facts.js';
import type { Edit } from './meter.js';
import { POINT, type Point } from './points.js';

/** A group of one local of type i64. */
const ONE_I64 = Uint8Array.of(0x01, 0x7e);

/**
 * The edits at a function's points.
 *
 * @param calls - what a bulk operation becomes, by helper.
 */
export function editsAt(points: Iterable<Point>, code: FunctionCode, calls: readonly Uint8Array[]): Edit[] {
  const edits: Edit[] = [];
  for (const { at, kind, check, units, bytes, helper } of points) {
    if (kind === POINT.replace) {
      edits.push({ at, remove: bytes, insert: calls[helper]! });
    } else {
      const insert = kind === POINT.stretch ? code.at(units, check) : kind === POINT.leave ? code.leave : code.enter;
      edits.push({ at, remove: 0, insert });
    }
  }
  return edits;
}

/** The edits of a function that keeps the fuel in a local, the declaration of that included. */
export function editsWithLocal(
  module: Uint8Array,
  facts: CodeFacts,
  index: number,
  points: Iterable<Point>,
  checks: CheckCode,
  calls: readonly Uint8Array[],
): Edit[] {
  const { bodies, functionTypes, importedFunctions, types } = facts;
  const parameters = types.parameters[functionTypes[importedFunctions + index]!]!;
  const code = checks.onLocal(parameters + bodies.locals[index]!);
  const start = bodies.starts[index]!;
  const groups = readU32(module, start);
  const at = bodies.code[index]!;
  return [
    { at: start, remove: groups.bytes, insert: Uint8Array.from(leb(groups.value + 1)) },
    { at, remove: 0, insert: ONE_I64 },
    { at, remove: 0, insert: code.enter },
    ...editsAt(points, code, calls),
  ];
}

/** Unsigned LEB128 that was validated. */
function readU32(module: Uint8Array, at: number): { readonly value: number; readonly bytes: number } {
  let value = 0;
  for (let bytes = 0; ; bytes++) {
    const byte = module[at + bytes]!;
    value += (byte & 0x7f) * 2 ** (7 * bytes);
    if (byte < 0x80) {
      return { value, bytes: bytes + 1 };
    }
  }
}
