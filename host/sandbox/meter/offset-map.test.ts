import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { sectionsOf } from '../../../test/support/core-module.js';
import { everywhere, METERS, NO_METER, rewrite } from '../../../test/support/metered.js';
import { wasm } from '../web-assembly.js';
import { readCodeFacts } from './code-facts.js';
import { NO_ORIGIN, OffsetMap, OffsetRecorder } from './offset-map.js';
import { newOperator, OperatorReader } from './operator-reader.js';

describe('OffsetMap', () => {
  const recorder = new OffsetRecorder();
  // 0..40 as it was, 12 bytes put in at 40, then on; 5 bytes left out before 60; a function of ours from 90 on.
  recorder.inserted(40, 40);
  recorder.copied(52, 40);
  recorder.inserted(72, 60);
  recorder.copied(72, 65);
  recorder.added(90);
  const map = recorder.finish();

  const cases = [
    { name: 'the start', at: 0, want: 0 },
    { name: 'the last byte before a change', at: 39, want: 39 },
    { name: 'the first byte that was put in', at: 40, want: 40 },
    { name: 'the last byte that was put in', at: 51, want: 40 },
    { name: 'the operator behind it', at: 52, want: 40 },
    { name: 'the last byte before a gap', at: 71, want: 59 },
    { name: 'the first byte behind a gap', at: 72, want: 65 },
    { name: 'the first byte of a function of ours', at: 90, want: NO_ORIGIN },
    { name: 'a byte behind it', at: 1000, want: NO_ORIGIN },
  ];
  test.each(cases)('leads from $name', ({ at, want }) => {
    expect(map.originOf(at)).toBe(want);
  });

  test('survives a structured clone as data', () => {
    const { starts, origins } = structuredClone(map);
    expect(new OffsetMap(starts, origins).originOf(51)).toBe(40);
  });

  test('grows with the changes', () => {
    const many = new OffsetRecorder();
    for (let i = 0; i < 5000; i++) many.copied(i * 10, i * 7);
    expect(many.finish().originOf(49_993)).toBe(4999 * 7 + 3);
  });
});

const SOURCE = `(module (import "m" "f" (func (param i32))) (memory 1)
  (func (param i32) (loop (call 0 (i32.const 1)) (br_if 0 (local.get 0))) (memory.fill (i32.const 0) (i32.const 1) (i32.const 2)))
  (func (export "g") (call 1 (i32.const 3)) (loop (loop (nop)))))`;

const THREE = '(memory 1) (func $three (param i32 i32 i32))';

interface Walked {
  readonly code: number;
  readonly start: number;
}

/** The operators of all functions. */
function walk(module: Uint8Array): Walked[] {
  const facts = { sections: sectionsOf(module), memory: undefined, tables: [], definitions: 0 };
  const { bodies } = readCodeFacts(module, facts, module.length);
  const operator = newOperator();
  const walked: Walked[] = [];
  for (let i = 0; i < bodies.count; i++) {
    const reader = new OperatorReader(module, bodies.code[i]!, bodies.ends[i]!);
    while (reader.next(operator)) {
      walked.push({ code: operator.code, start: operator.start });
    }
  }
  return walked;
}

/** With memory indices, which a module may not come with, our own reader would not go through it. */
const WALKABLE = METERS.filter(({ deadline }) => deadline !== 'epoch');

describe.each(WALKABLE)('the map of a rewritten module ($name)', (meter) => {
  test('leads every operator that was there back to where it was', async () => {
    const module = new Uint8Array(await parse(SOURCE));
    const { bytes, origins } = rewrite(module, meter, everywhere);
    expect(wasm.validate(bytes)).toBe(true);
    const before = new Map(walk(module).map(({ code, start }) => [start, code]));
    const after = walk(bytes).map(({ code, start }) => ({ code, origin: origins.originOf(start) }));
    // What stands last at a place is the operator itself, or the call in its place.
    const kept = new Map(after.map(({ code, origin }) => [origin, code]));
    kept.delete(NO_ORIGIN);
    const FILL = 0xfc000b;
    const CALL = 0x10;
    expect([...kept]).toEqual([...before].map(([start, code]) => [start, code === FILL ? CALL : code]));
    expect(after.filter(({ origin }) => origin === NO_ORIGIN).length).toBeGreaterThan(3);
  });
});

test('nothing that was not touched moves, but by what comes before it', async () => {
  const module = new Uint8Array(await parse(SOURCE.replace('memory.fill', 'call $three').replace('(memory 1)', THREE)));
  const { bytes, origins } = rewrite(module, NO_METER);
  expect(walk(bytes).map(({ start }) => origins.originOf(start))).toEqual(walk(module).map(({ start }) => start));
});

test('offsets in stack traces lead to the operator that trapped', async () => {
  const module = new Uint8Array(await parse('(module (func (export "f") (nop) (loop (unreachable))))'));
  const unreachable = walk(module).find(({ code }) => code === 0x00)!.start;
  const meter = METERS[0]!;
  const { bytes, origins } = rewrite(module, meter, everywhere);
  const fuel = new wasm.Global({ value: 'i64', mutable: true }, 10n);
  const { exports } = new wasm.Instance(new wasm.Module(bytes), { 'wasm-plugin:sandbox': { fuel } });
  const stack = ((): string => {
    try {
      (exports.f as () => void)();
      return '';
    } catch (error) {
      return (error as Error).stack!;
    }
  })();
  // Tools that format stacks themselves print the column, which is one more.
  const [, hexadecimal, column] = /:wasm-function\[0\]:0x([0-9a-f]+)|wasm:.*:1:(\d+)\)/.exec(stack)!;
  const offset = hexadecimal === undefined ? Number(column) - 1 : Number.parseInt(hexadecimal, 16);
  expect(offset).not.toBe(unreachable);
  expect(origins.originOf(offset)).toBe(unreachable);
});
