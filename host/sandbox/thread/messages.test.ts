import { expect, test } from 'vitest';
import { ownCopy } from './messages.js';

test('ownCopy() copies the bytes alone, also of a Buffer and of shared memory', () => {
  const whole = new Uint8Array(1000).fill(7);
  const views = [
    whole.subarray(10, 13),
    Buffer.from(whole.buffer, 20, 3),
    new Uint8Array(new SharedArrayBuffer(100), 10, 3).fill(7),
  ];
  for (const view of views) {
    const copy = ownCopy(view);
    view.fill(0);
    expect(copy).toEqual(Uint8Array.of(7, 7, 7));
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
    expect(copy.buffer.byteLength).toBe(3);
  }
});
