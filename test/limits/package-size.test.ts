/** `limits.packageMiB`: a package file. */
import { expect, test } from 'vitest';
import { besieged, failure, MODES, packAttacker } from '../support/siege.js';

test.each(MODES)('a package above the limit is refused, %s', async (isolation) => {
  const sif = await packAttacker({});
  await besieged({ isolation }, async ({ host }) => {
    const limits = { packageMiB: (sif.byteLength - 1) / 2 ** 20 };
    const error = await failure(host.load(sif, { limits }));
    expect(error.message).toBe(`Cannot load a package of ${sif.byteLength} bytes: the limit is ${sif.byteLength - 1}`);
  });
});
