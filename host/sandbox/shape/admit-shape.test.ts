import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { cpuMs } from '../../../test/support/cpu-time.js';
import { thrown } from '../../../test/support/thrown.js';
import { concat, leb, section } from '../wasm-bytes.js';
import { wasm } from '../web-assembly.js';
import { admitShape, MAX_LOCALS, MAX_PARAMETERS, MAX_RESULTS } from './admit-shape.js';

const FUNCTION_BYTES = 1000;
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const I32 = 0x7f;

const type = (parameters: number, results: number): Uint8Array =>
  concat([
    [0x60],
    leb(parameters),
    new Uint8Array(parameters).fill(I32),
    leb(results),
    new Uint8Array(results).fill(I32),
  ]);
const types = (...list: Uint8Array[]): Uint8Array => concat([PREAMBLE, section(1, [leb(list.length), ...list])]);
const codes = (...bodies: Uint8Array[]): Uint8Array =>
  concat([
    PREAMBLE,
    section(1, [[1], type(0, 0)]),
    section(3, [leb(bodies.length), new Uint8Array(bodies.length)]),
    section(10, [leb(bodies.length), ...bodies.map((body) => concat([leb(body.byteLength), body]))]),
  ]);
/** A body of so many bytes. */
const body = (size: number): Uint8Array => concat([[0], new Uint8Array(size - 2).fill(0x01), [0x0b]]);
const locals = (count: number): Uint8Array => concat([[1], leb(count), [I32, 0x0b]]);

describe('admitShape()', () => {
  const good = [
    { name: 'as many parameters as there may be', module: types(type(MAX_PARAMETERS, 0)) },
    { name: 'as many results', module: types(type(0, 0), type(0, MAX_RESULTS)) },
    { name: 'a function as long as it may be', module: codes(body(10), body(FUNCTION_BYTES)) },
    { name: 'nothing at all', module: Uint8Array.from(PREAMBLE) },
  ];
  for (const { name, module } of good) {
    test(`admits ${name}`, () => {
      expect(wasm.validate(module)).toBe(true);
      admitShape(module, FUNCTION_BYTES);
    });
  }

  test('reads references with a heap type, which not every V8 knows', () => {
    admitShape(types(concat([[0x60, 3, 0x70, 0x63, 0x70, 0x64, 0x80, 0x01, 0]])), FUNCTION_BYTES);
  });

  const bad = [
    { name: 'one parameter more', module: types(type(0, 0), type(MAX_PARAMETERS + 1, 0)), says: '65 parameters' },
    { name: 'one result more', module: types(type(0, MAX_RESULTS + 1)), says: '17 results' },
    { name: 'a function one byte longer', module: codes(body(FUNCTION_BYTES + 1)), says: '1001 bytes of code' },
    {
      name: 'more locals than there may be in all functions together',
      module: codes(...Array.from({ length: MAX_LOCALS / 40_000 + 1 }, () => locals(40_000))),
      says: 'local variables',
    },
    {
      name: 'locals that no function may have, and so many that their sum would wrap',
      module: codes(locals(0xffff_ffff)),
      says: 'local',
    },
  ];
  for (const { name, module, says } of bad) {
    test(`refuses ${name}`, () => {
      const error = thrown(() => admitShape(module, FUNCTION_BYTES));
      expect(error.code).toBe('LIMIT_EXCEEDED');
      expect(error.message).toContain(says);
    });
  }

  test('refuses types that could hide others', async () => {
    const module = await parse('(module (rec (type (func)) (type (func))))');
    expect(thrown(() => admitShape(module, FUNCTION_BYTES)).code).toBe('COMPONENT_UNSUPPORTED');
  });

  test('leaves it to V8 to say what is no module', () => {
    for (const bytes of [[], [0, 0x61], PREAMBLE.slice(0, 4), [9, 9, 9, 9, 9, 9, 9, 9]]) {
      admitShape(Uint8Array.from(bytes), FUNCTION_BYTES);
    }
  });

  test('reads no further than a section goes, whatever its counts say', () => {
    const took = cpuMs(() => {
      for (const id of [1, 10]) {
        const lie = concat([PREAMBLE, section(id, [leb(0xffff_ffff), [0x60]])]);
        expect(thrown(() => admitShape(lie, FUNCTION_BYTES)).code).toBe('COMPONENT_MALFORMED');
      }
    });
    expect(took).toBeLessThan(2000);
  });
});
