/** `limits.instances`: live instances of one plugin. */
import { expect, test } from 'vitest';
import { createHost } from '../../host/index.js';
import { besieged, MODES } from '../support/siege.js';

test.each(MODES)('a pool above the limit is refused before there is a host, %s', async (isolation) => {
  const options = { isolation, limits: { instances: 3 } };
  await expect(createHost({ ...options, pool: { size: 4 } })).rejects.toThrow(/limits\.instances is 3/);
  await besieged({ ...options, pool: { size: 3 } }, async () => {});
});
