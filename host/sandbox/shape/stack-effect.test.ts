import { describe, expect, test } from 'vitest';
import { type OperatorRow, operators } from '../meter/operators.js';
import { concat, leb, section } from '../wasm-bytes.js';
import { wasm } from '../web-assembly.js';
import { effectIndex, NO_EFFECT, stackEffects } from './stack-effect.js';

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const I32 = 0x7f;
/** i64, f32, f64, v128, funcref, externref. */
const TYPES = [I32, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f];
const DROP = 0x1a;

/** Immediates that are valid in the module below. */
const IMMEDIATES: Readonly<Record<string, readonly number[]>> = {
  none: [],
  index: [0],
  twoIndices: [0, 0],
  byte: [0],
  constant: [0],
  fourBytes: [0, 0, 0, 0],
  eightBytes: new Array<number>(8).fill(0),
  sixteenBytes: new Array<number>(16).fill(0),
  selectTypes: [1, I32],
  heapType: [0x70],
};
/** Largest alignment that V8 takes for a memory operator; atomics want exactly their width. */
const ALIGNMENTS = [0, 1, 2, 3];

function immediatesOf({ name, immediate }: OperatorRow): readonly (readonly number[])[] {
  if (immediate === 'memory') return ALIGNMENTS.map((align) => [align, 0]);
  if (immediate === 'memoryLane') return [[0, 0, 0]];
  if (name === 'ref.func') return [[0]];
  return [IMMEDIATES[immediate] ?? []];
}

/** A function of these parameters that pushes them, runs the operator, drops `drops` values and must be at an empty stack then. */
function valid(parameters: readonly number[], operator: readonly number[], drops: number): boolean {
  const body = concat([
    [1, 1, I32],
    parameters.flatMap((_, i) => [0x20, i]),
    operator,
    new Array<number>(drops).fill(DROP),
    [0x0b],
  ]);
  return wasm.validate(
    concat([
      PREAMBLE,
      section(1, [[2, 0x60, 0, 0, 0x60], leb(parameters.length), parameters, [0]]),
      section(3, [[2, 0, 1]]),
      section(4, [[1, 0x70, 0, 1]]),
      section(5, [[1, 0, 1]]),
      section(6, [[1, I32, 1, 0x41, 0, 0x0b]]),
      section(7, [[1, 1, 0x66, 0, 0]]),
      section(9, [[1, 1, 0, 1, 0]]),
      section(12, [[1]]),
      section(10, [[2, 2, 0, 0x0b], leb(body.byteLength), body]),
      section(11, [[1, 1, 0]]),
    ]),
  );
}

function* operands(count: number): Generator<readonly number[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (const rest of operands(count - 1)) {
    for (const type of TYPES) yield [...rest, type];
  }
}

/** Net effect of an operator as V8 sees it; undefined if it takes no operands that we try, or is unknown to this V8. */
function effectInV8(row: OperatorRow): number | undefined {
  const prefix = row.code >>> 16;
  const opcode = prefix === 0 ? [row.code] : [prefix, ...leb(row.code & 0xffff)];
  for (const immediates of immediatesOf(row)) {
    const operator = [...opcode, ...immediates];
    for (let count = 0; count <= 3; count++) {
      for (const types of operands(count)) {
        // One result at most, so an operator leaves at most as many values as it found, and one.
        for (let drops = 0; drops <= count + 1; drops++) {
          if (valid(types, operator, drops)) return drops - count;
        }
      }
    }
  }
  return undefined;
}

describe('stackEffects()', () => {
  const plain = operators().filter(({ code }) => stackEffects()[effectIndex(code)] !== NO_EFFECT);

  test('say of every operator what V8 says of it', () => {
    const unknown: string[] = [];
    for (const row of plain) {
      const effect = effectInV8(row);
      if (effect === undefined) unknown.push(row.name);
      else expect(`${row.name} ${stackEffects()[effectIndex(row.code)]}`).toBe(`${row.name} ${effect}`);
    }
    // References of other kinds; and what this V8 has behind a flag.
    expect(unknown.filter((name) => !/^ref\.|i31|extern|relaxed/.test(name))).toEqual([]);
  });

  test('have no place for control, which depends on types and labels', () => {
    const control = operators().filter(({ code }) => stackEffects()[effectIndex(code)] === NO_EFFECT);
    expect(control.map(({ name }) => name).filter((name) => !/^(struct|array)\./.test(name))).toEqual([
      ...['unreachable', 'block', 'loop', 'if', 'else', 'try', 'catch', 'throw', 'rethrow', 'throw_ref', 'end'],
      ...['br', 'br_if', 'br_table', 'return', 'call', 'call_indirect', 'return_call', 'return_call_indirect'],
      ...['call_ref', 'return_call_ref', 'delegate', 'catch_all', 'try_table', 'br_on_null', 'br_on_non_null'],
      ...['br_on_cast', 'br_on_cast_fail'],
    ]);
  });
});
