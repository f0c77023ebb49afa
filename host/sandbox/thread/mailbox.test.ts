import { expect, test } from 'vitest';
import { Mailbox } from './mailbox.js';

const KIB = 1024;
const filled = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index % 251);

const sizes = [
  { name: 'nothing', length: 0, fits: false },
  { name: 'one byte less than is worth it', length: 16 * KIB - 1, fits: false },
  { name: 'just worth it', length: 16 * KIB, fits: true },
  { name: 'all that there is room for', length: 2112 * KIB, fits: true },
  { name: 'one byte more', length: 2112 * KIB + 1, fits: false },
];
for (const { name, length, fits } of sizes) {
  test(`put() of ${name}`, () => {
    const owner = new Mailbox();
    const bytes = filled(length);
    const place = owner.put(bytes);
    expect(place !== undefined).toBe(fits);
    if (place !== undefined) {
      expect(Buffer.compare(new Mailbox(owner.shared).view(place), bytes)).toBe(0);
    }
  });
}

test('put() takes the bytes of a view alone, wherever they begin', () => {
  const box = new Mailbox();
  const whole = filled(40 * KIB);
  for (let at = 0; at < 9; at++) {
    const part = whole.subarray(at, at + 20 * KIB);
    const place = box.put(part);
    expect(place?.at).toBe(at % 8);
    expect(Buffer.compare(box.view(place!), part)).toBe(0);
  }
  expect(Buffer.compare(whole, filled(40 * KIB))).toBe(0);
});
