import { print } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import type { CoreSignature } from '../component/index.js';
import { buildGuard, GUARD_IMPORT, RESERVE_IMPORT } from './guard.js';
import { stackReserve } from './stack-reserve.js';
import { wasm } from './web-assembly.js';

const signatures: readonly CoreSignature[] = [
  { parameters: ['i32', 'i32', 'i32'], results: [] },
  { parameters: [], results: ['i64'] },
  { parameters: ['f32', 'f64'], results: ['f64'] },
  { parameters: ['i32', 'i32', 'i32'], results: [] },
];

function guarded(imports: Record<string, unknown>): Readonly<Record<string, (...args: unknown[]) => unknown>> {
  const instance = new wasm.Instance(new wasm.Module(buildGuard(signatures)), {
    [GUARD_IMPORT]: { ...imports, [RESERVE_IMPORT]: stackReserve() },
  });
  return instance.exports as Readonly<Record<string, (...args: unknown[]) => unknown>>;
}

describe('buildGuard()', () => {
  test('passes arguments and results through', () => {
    const seen: unknown[] = [];
    const exports = guarded({
      0: (...args: unknown[]) => seen.push(args),
      1: () => 5n,
      2: (a: number, b: number) => a + b,
      3: () => {},
    });
    exports['0']?.(1, 2, 3);
    expect(seen).toEqual([[1, 2, 3]]);
    expect(exports['1']?.()).toBe(5n);
    expect(exports['2']?.(0.5, 0.25)).toBe(0.75);
  });

  test('turns whatever is thrown into a trap', () => {
    for (const error of [new Error('no'), 'text', undefined]) {
      const exports = guarded({
        0: () => {
          throw error;
        },
        1: () => 'not a bigint',
        2: () => 0,
        3: () => {},
      });
      expect(() => exports['0']?.(1, 2, 3)).toThrow(wasm.RuntimeError);
      expect(() => exports['1']?.()).toThrow(wasm.RuntimeError);
    }
  });

  test('shares types, whatever the number of functions', async () => {
    const many = Array.from({ length: 300 }, () => signatures[0]!);
    const text = await print(buildGuard(many));
    // One of the functions, and one of what keeps room on the stack.
    expect(text.match(/\(type \(;\d+;\) \(func/g)).toHaveLength(2);
    expect(text.match(/\(export /g)).toHaveLength(300);
  });
});
