import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { within } from './deadline.js';

const late = () => new Error('late');
const never = new Promise<never>(() => undefined);

test('what settles in time is passed on', async () => {
  expect(await within(Promise.resolve(7), 300_000, late)).toBe(7);
  await expect(within(Promise.reject(new Error('own')), 300_000, late)).rejects.toThrow('own');
});

test('what does not is late', async () => {
  await expect(within(never, 1, late)).rejects.toThrow('late');
});

for (const ms of [2 ** 31 - 1, 2 ** 31, 1e13, Number.POSITIVE_INFINITY]) {
  test(`${ms} ms are not over at once`, async () => {
    const slow = sleep(50).then(() => 'done');
    expect(await within(slow, ms, late)).toBe('done');
  });
}
