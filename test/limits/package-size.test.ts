/** `limits.packageMiB`: a package file, and what it says of its own size. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from '@bytecodealliance/jco';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHost } from '../../host/index.js';
import { attackerSource, besieged, failure, MODES, PEACE, packAround, packAttacker } from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

const MIB = 1024 * 1024;
/** Of what is refused before it is read. */
const GROWTH_BYTES = 100 * MIB;

let sif: Uint8Array;
let folder = '';
beforeAll(async () => {
  sif = await packAttacker({});
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-package-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, contents: Uint8Array = sif): string => {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
};

describe.each(MODES)('a package, %s', (isolation) => {
  test('may be as large as the limit', async () => {
    await besieged({ isolation }, async ({ host }) => {
      const limits = { packageMiB: sif.byteLength / MIB };
      for (const source of [sif, file('ok.sif'), pathToFileURL(file('ok.sif'))]) {
        const plugin = await host.load(source, { limits });
        expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
      }
    });
  });

  test('one byte above it is refused, as bytes and as a file', async () => {
    await besieged({ isolation }, async ({ host }) => {
      const limits = { packageMiB: (sif.byteLength - 1) / MIB };
      const path = file('large.sif');
      for (const [source, says] of [
        [sif, `Cannot load a package of ${sif.byteLength} bytes: the limit is ${sif.byteLength - 1}`],
        [path, `Cannot read "${path}": ${sif.byteLength} bytes, the limit is ${sif.byteLength - 1}`],
      ] as const) {
        const error = await failure(host.load(source, { limits }));
        expect([error.code, error.message]).toEqual(['LIMIT_EXCEEDED', says]);
      }
    });
  });
});

test.each(MODES)(
  'a package above 64 MiB is refused without any limit given, and no limit allows it, %s',
  async (isolation) => {
    await besieged({ isolation }, async ({ host }) => {
      const error = await failure(host.load(new Uint8Array(64 * MIB + 1)));
      expect([error.code, error.message]).toEqual([
        'LIMIT_EXCEEDED',
        `Cannot load a package of ${64 * MIB + 1} bytes: the limit is ${64 * MIB}`,
      ]);
      await expect(host.load(sif, { limits: { packageMiB: 65 } })).rejects.toThrow(TypeError);
    });
    await expect(createHost({ isolation, limits: { packageMiB: 65 } })).rejects.toThrow(/limits\.packageMiB/);
  },
);

describe('a file that is larger than it looks', () => {
  test('is refused by its size, not read', async () => {
    const path = file('sparse.sif');
    // Takes no room on the disk.
    truncateSync(path, 1024 ** 4);
    const before = process.memoryUsage().rss;
    await besieged({}, async ({ host }) => {
      const error = await failure(host.load(path));
      expect([error.code, error.message]).toEqual([
        'LIMIT_EXCEEDED',
        `Cannot read "${path}": 1099511627776 bytes, the limit is ${64 * MIB}`,
      ]);
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(GROWTH_BYTES);
  });

  test('because its end never comes is refused', async () => {
    await besieged({}, async ({ host }) => {
      for (const path of ['/dev/zero', '/proc/self/environ']) {
        const error = await failure(host.load(path));
        expect(error.code).toMatch(/^(IO_FAILED|SIF_MALFORMED)$/);
      }
    });
  });

  test('by what its header says is refused for each number in it', async () => {
    await besieged({}, async ({ host }) => {
      // Descriptor counts and offsets of the SIF header, 64 bits each (docs of the format: "Global header").
      for (const offset of [80, 88, 96, 104, 112, 120]) {
        for (const value of [2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n - 1n, -1n]) {
          const changed = sif.slice();
          new DataView(changed.buffer).setBigInt64(offset, value, true);
          expect((await failure(host.load(changed))).code).toMatch(/^(SIF_MALFORMED|LIMIT_EXCEEDED)$/);
        }
      }
    });
  });
});

test('a package full of nothing is read, and refused or served, soon', async () => {
  const component = await parse(attackerSource({ more: `(@custom "zeros" "${'\\00'.repeat(1_000_000)}")` }));
  await besieged({}, async ({ host }) => {
    const time = process.cpuUsage();
    const plugin = await host.load(packAround(component));
    expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
    expect(process.cpuUsage(time).user / 1000).toBeLessThan(5000);
  });
});
