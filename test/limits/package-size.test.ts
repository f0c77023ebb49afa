/** `limits.packageMiB`: a package file, or its bytes. Looked at before any of it is read. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHost } from '../../host/index.js';
import { besieged, failure, MODES, PEACE, packAttacker } from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

const MIB = 2 ** 20;

let folder = '';
let path = '';
let sif = new Uint8Array();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-size-'));
  path = join(folder, 'attacker.sif');
  sif = new Uint8Array(await packAttacker({}));
  writeFileSync(path, sif);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(MODES)('a package, %s', (isolation) => {
  const sources = [
    { name: 'of bytes', source: () => sif, says: /^Cannot load a package of \d+ bytes: the limit is \d+$/ },
    { name: 'in a file', source: () => path, says: /^Cannot read ".*attacker\.sif": \d+ bytes, the limit is \d+$/ },
    { name: 'behind a URL', source: () => pathToFileURL(path), says: /^Cannot read ".*attacker\.sif": \d+ bytes/ },
  ];
  for (const { name, source, says } of sources) {
    test(`${name} is loaded at the limit, and refused one byte above it`, async () => {
      await besieged({ isolation }, async ({ host, checkNeighbour }) => {
        const limits = (bytes: number) => ({ limits: { packageMiB: bytes / MIB } });
        for (let i = 0; i < 2; i++) {
          const plugin = await host.load(source(), limits(sif.byteLength));
          expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
          const error = await failure(host.load(source(), limits(sif.byteLength - 1)));
          expect([error.code, error.message]).toEqual(['LIMIT_EXCEEDED', expect.stringMatching(says)]);
          expect(error.message).toContain(String(sif.byteLength));
          await checkNeighbour();
        }
      });
    });
  }

  test('of a terabyte is refused, and none of it is read', async () => {
    const giant = join(folder, `giant-${isolation}.sif`);
    writeFileSync(giant, sif);
    // A hole in the file: it takes no room.
    truncateSync(giant, 2 ** 40);
    await besieged({ isolation }, async ({ host }) => {
      const before = process.memoryUsage().arrayBuffers;
      const error = await failure(host.load(giant));
      expect(error.message).toContain(`${2 ** 40} bytes, the limit is ${64 * MIB}`);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MIB);
    });
  });

  test('of more than 64 MiB is refused without any limit given, and no limit allows it', async () => {
    await besieged({ isolation }, async ({ host }) => {
      const error = await failure(host.load(new Uint8Array(64 * MIB + 1)));
      expect([error.code, error.message]).toEqual([
        'LIMIT_EXCEEDED',
        `Cannot load a package of ${64 * MIB + 1} bytes: the limit is ${64 * MIB}`,
      ]);
      await expect(host.load(sif, { limits: { packageMiB: 65 } })).rejects.toThrow(TypeError);
    });
    await expect(createHost({ isolation, limits: { packageMiB: 65 } })).rejects.toThrow(/limits\.packageMiB/);
  });
});
