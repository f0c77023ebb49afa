/** Many image drivers over one image: claims, capabilities that open and close, and nothing left of what failed. */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PluginEntry, UnpackOptions } from '../../host/dispatch/index.js';
import { packPlugin, readPackage } from '../../host/package/index.js';
import { baseConfig, dispatcherOver, engine, type TestDispatcher } from '../support/dispatch.js';
import { compileFolder, installed } from '../support/example-plugin.js';

let compiled: ReturnType<typeof readPackage>;
let folder: string;
let image: string;
let rootfs: string;
let opened: TestDispatcher[] = [];

beforeAll(async () => {
  compiled = readPackage(await compileFolder(fileURLToPath(new URL('../programs/as-driver', import.meta.url))));
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-driver-'));
  image = join(folder, 'image');
  writeFileSync(
    image,
    Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) >> 4),
  );
});

beforeEach(() => {
  rootfs = join(folder, 'rootfs');
  mkdirSync(rootfs);
});

afterEach(async () => {
  await Promise.all(opened.map((dispatcher) => dispatcher.close()));
  opened = [];
  rmSync(rootfs, { recursive: true });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function driver(name: string, wish: string, score = 50): PluginEntry {
  const manifest = { ...compiled.manifest, name };
  return installed(packPlugin({ component: compiled.component, manifest }), { settings: { do: wish, score } });
}

async function over(...drivers: PluginEntry[]): Promise<TestDispatcher> {
  const dispatcher = await dispatcherOver(drivers);
  opened.push(dispatcher);
  return dispatcher;
}

/** What unpacking ends with: the winner, or a code. */
async function outcome(dispatcher: TestDispatcher, options?: UnpackOptions): Promise<string> {
  return dispatcher.unpackImage(image, rootfs, options).then(
    (unpacked) => unpacked?.plugin ?? 'nobody',
    (error) => `${error.code}: ${error.message}`,
  );
}

describe('claims', () => {
  test('no driver, no claim', async () => {
    expect(await outcome(await over())).toBe('nobody');
    expect(await outcome(await over(driver('a', 'pass')))).toBe('nobody');
    expect(readdirSync(rootfs)).toEqual([]);
  });

  test('the best score wins, whatever the order', async () => {
    expect(await outcome(await over(driver('a', '', 10), driver('b', '', 90), driver('c', '', 50)))).toBe('b');
  });

  test('a tie of the best names both; one below them does not matter', async () => {
    const tied = await over(driver('a', '', 7), driver('b', '', 9), driver('c', '', 9));
    expect(await outcome(tied)).toMatch(/^CONFIG_CONFLICT: Plugins "b" and "c" both claim .* with score 9$/);
    expect(readdirSync(rootfs)).toEqual([]);
  });

  test('a tie below the best is none', async () => {
    expect(await outcome(await over(driver('a', '', 7), driver('b', '', 7), driver('c', '', 9)))).toBe('c');
  });

  test('a driver that dies at the probe is warned about, and the next is tried', async () => {
    const dispatcher = await over(driver('a', 'trap', 90), driver('b', '', 1));
    expect(await outcome(dispatcher)).toBe('b');
    expect(dispatcher.lines.find((line) => line.startsWith('warning'))).toMatch(
      /^warning Plugin "a": .*as asked.*\(going on without this image driver\)$/,
    );
  });

  for (const score of [-1, 101]) {
    test(`a score of ${score} is no claim`, async () => {
      const dispatcher = await over(driver('a', '', score));
      expect(await outcome(dispatcher)).toBe('nobody');
      expect(dispatcher.lines.join('\n')).toContain(`Cannot claim an image with score ${score}`);
    });
  }

  for (const score of [0, 100]) {
    test(`a score of ${score} is one`, async () => {
      expect(await outcome(await over(driver('a', '', score)))).toBe('a');
    });
  }
});

describe('unpacking', () => {
  test('makes what the driver says, and answers with its config', async () => {
    const dispatcher = await over(driver('a', ''));
    const unpacked = await dispatcher.unpackImage(image, rootfs);
    expect(unpacked).toEqual({
      plugin: 'a',
      config: {
        env: ['PATH=/bin'],
        entrypoint: ['/init'],
        command: ['serve', '-v'],
        cwd: '/srv',
        user: '1:2',
        labels: new Map([['a', 'b']]),
      },
    });
    expect(readdirSync(rootfs).sort()).toEqual(['copy', 'etc', 'link', 'parts', 'same']);
    expect(readFileSync(join(rootfs, 'copy')).equals(readFileSync(image))).toBe(true);
    expect(readFileSync(join(rootfs, 'parts'), 'utf8')).toBe('one two three');
    expect(readlinkSync(join(rootfs, 'link'))).toBe('etc/name');
    const { mode, mtimeMs, ino } = statSync(join(rootfs, 'etc/name'));
    expect({ mode: mode & 0o7777, mtimeMs }).toEqual({ mode: 0o640, mtimeMs: 1_700_000_000_000 });
    expect(lstatSync(join(rootfs, 'same')).ino).toBe(ino);
    expect(statSync(join(rootfs, 'parts')).mode & 0o7777).toBe(0o600);
    expect(dispatcher.lines).toEqual(['info probe file 3000000 65536', 'info unpack probed', 'info skipped 2']);
  });

  const failures = [
    { wish: 'late', want: /^GUEST_TRAP: .*"a".*as asked/ },
    { wish: 'write-then-trap', want: /^GUEST_TRAP: .*as asked/ },
    { wish: 'open', want: /^GUEST_ERROR: .*an append follows a file with more/ },
    { wish: 'outside', want: /^GUEST_ERROR: / },
    { wish: 'cwd', want: /^ABI_MALFORMED: Plugin "a": Cannot use "relative"/ },
  ];
  for (const { wish, want } of failures) {
    test(`leaves nothing after ${wish}`, async () => {
      expect(await outcome(await over(driver('a', wish), driver('b', '', 1)))).toMatch(want);
      expect(readdirSync(rootfs)).toEqual([]);
      expect(readdirSync(folder).sort()).toEqual(['image', 'rootfs']);
    });
  }

  test('ends at its deadline and leaves nothing', async () => {
    expect(await outcome(await over(driver('a', 'write-then-spin')), { deadlineMs: 1500 })).toMatch(
      /^DEADLINE_EXCEEDED/,
    );
    expect(readdirSync(rootfs)).toEqual([]);
  });

  test('ends with its signal, the event loop being free, and leaves nothing', async () => {
    const signal = AbortSignal.timeout(1500);
    expect(await outcome(await over(driver('a', 'write-then-spin')), { signal })).toMatch(/^CALL_ABORTED/);
    expect(readdirSync(rootfs)).toEqual([]);
  });

  test('keeps to the policy of the root', async () => {
    expect(await outcome(await over(driver('a', '')), { policy: { maxBytes: 1000 } })).toMatch(
      /^GUEST_ERROR: .*may have 1000 bytes/,
    );
    expect(readdirSync(rootfs)).toEqual([]);
  });

  test('refuses a folder that is not empty, and leaves what is in it', async () => {
    writeFileSync(join(rootfs, 'mine'), 'x');
    expect(await outcome(await over(driver('a', '')))).toMatch(/^IO_FAILED: .*it is not empty/);
    expect(readdirSync(rootfs)).toEqual(['mine']);
  });

  test('a missing image and one that is a device are refused before any driver is asked', async () => {
    const dispatcher = await over(driver('a', ''));
    await expect(dispatcher.unpackImage(join(folder, 'none'), rootfs)).rejects.toMatchObject({ code: 'IO_FAILED' });
    await expect(dispatcher.unpackImage('/dev/null', rootfs)).rejects.toMatchObject({ code: 'IMAGE_UNSUPPORTED' });
    expect(dispatcher.lines).toEqual([]);
  });
});

describe('the capabilities', () => {
  test('while probing, the image can be read and no root be made', async () => {
    const dispatcher = await over(driver('a', 'reach'), driver('b', 'pass'));
    await outcome(dispatcher);
    expect(dispatcher.lines.slice(0, 3)).toEqual([
      'info probe file 3000000 65536',
      `info image ${[...readFileSync(image).subarray(0, 4)].join(',')}`,
      'info rootfs denied',
    ]);
  });

  test('outside of the hook both answer denied, also after a call; the state is there', async () => {
    const dispatcher = await over(driver('a', ''));
    const denied = ['info image denied', 'info rootfs denied'];
    await dispatcher.engineConfig({ config: baseConfig, engine, flagsOf: () => ({}) });
    expect(dispatcher.lines.splice(0)).toEqual(['info state none', ...denied]);
    await outcome(dispatcher);
    dispatcher.lines.splice(0);
    await dispatcher.engineConfig({ config: baseConfig, engine, flagsOf: () => ({}) });
    expect(dispatcher.lines).toEqual(['info state unpacked', ...denied]);
  });

  test('a directory is probed without bytes', async () => {
    const dispatcher = await over(driver('a', 'reach', 1));
    await dispatcher.unpackImage(folder, rootfs).catch(() => undefined);
    expect(dispatcher.lines.slice(0, 2)).toEqual(['info probe directory 0 0', 'info image unsupported']);
  });
});
