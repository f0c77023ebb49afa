/** The library's promises, with a real guest: options, loading, calls, errors, what happens after a death. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createHost,
  defineHook,
  type Host,
  type LogLine,
  PluginError,
  packPlugin,
  provide,
  str,
  struct,
} from '../../host/index.js';
import { buildAssemblyScriptLogEcho } from '../support/build-assemblyscript.js';

const ECHO = 'acme:echo/echo@1.0.0';
const text = struct({ text: str });
const echo = defineHook(ECHO, { request: text, response: text });
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

let folder = '';
let sif: Uint8Array;
let host: Host;
const lines: LogLine[] = [];

beforeAll(async () => {
  const component = await buildAssemblyScriptLogEcho();
  const manifest = {
    name: 'example.com/echo',
    author: 'A',
    version: '1.2.3',
    description: 'echoes',
    requests: [],
    contributes: { commands: [], flags: [], phases: [] },
  };
  sif = packPlugin({ component, manifest });
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-host-'));
  writeFileSync(join(folder, 'echo.sif'), sif);
  host = await createHost({ limits: { messageMiB: 1 }, log: (line) => lines.push(line) });
});

afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

async function codeOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
    return 'ok';
  } catch (error) {
    return error instanceof PluginError ? error.code : `${(error as Error).name}: ${(error as Error).message}`;
  }
}

describe('createHost()', () => {
  const wrong = [
    { name: 'an unknown option', options: { limit: {} }, want: /unknown option "limit"/ },
    { name: 'a misspelt limit', options: { limits: { memoryMib: 1 } }, want: /unknown limit "memoryMib"/ },
    { name: 'a limit of nothing', options: { limits: { memoryMiB: 0 } }, want: /memoryMiB must be a number above 0/ },
    { name: 'a limit beyond 32 bits', options: { limits: { memoryMiB: 4097 } }, want: /up to 4096/ },
    {
      name: 'two answers to one capability',
      options: { capabilities: [provide(echo, (request) => request), provide(echo, (request) => request)] },
      want: /capability "acme:echo\/echo" is given twice/,
    },
    { name: 'two at once', options: { a: 1, b: 2 }, want: /"a".*"b"/ },
  ];
  for (const { name, options, want } of wrong) {
    test(`refuses ${name}`, async () => {
      await expect(createHost(options as object)).rejects.toThrow(want);
    });
  }
});

describe('load()', () => {
  test('takes a path, a URL and bytes', async () => {
    for (const source of [join(folder, 'echo.sif'), pathToFileURL(join(folder, 'echo.sif')), sif]) {
      const plugin = await host.load(source);
      expect(plugin.manifest.version).toBe('1.2.3');
      expect(plugin.hooks).toEqual([ECHO]);
      await plugin.close();
    }
  });

  test('keeps its own copy of the bytes', async () => {
    const mine = sif.slice();
    const plugin = await host.load(mine);
    mine.fill(0);
    expect(await plugin.call(echo, { text: 'still here' })).toEqual({ text: 'still here' });
  });

  const bad = [
    { name: 'a file that is not there', source: '/nonexistent.sif', want: 'IO_FAILED' },
    { name: 'a folder', source: '/', want: 'IO_FAILED' },
    { name: 'no SIF at all', source: bytes('hello'), want: 'SIF_MALFORMED' },
  ];
  for (const { name, source, want } of bad) {
    test(`refuses ${name}: ${want}`, async () => expect(await codeOf(host.load(source))).toBe(want));
  }

  test('refuses a pipe at once, without waiting for somebody to write to it', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(await codeOf(host.load(pipe))).toBe('IO_FAILED');
  });

  test('refuses an option that it does not have', async () =>
    expect(await codeOf(host.load(sif, { grant: ['kv'] } as never))).toMatch(/^TypeError.*unknown option "grant"/));

  test('refuses a package cut anywhere, with an error of ours', async () => {
    for (let length = 0; length < sif.byteLength; length += Math.ceil(sif.byteLength / 97)) {
      expect(await codeOf(host.load(sif.subarray(0, length)))).toMatch(/^(SIF_MALFORMED|PACKAGE_INVALID)$/);
    }
  });

  test('refuses a grant that is none', async () =>
    expect(await codeOf(host.load(sif, { grants: ['fs:relative:ro'] }))).toBe('GRANT_INVALID'));
});

describe('call()', () => {
  test('is typed both ways', async () => {
    const plugin = await host.load(sif);
    const answer = await plugin.call(echo, { text: 'hello' });
    expect(answer.text.toUpperCase()).toBe('HELLO');
  });

  test('accepts a plugin of another minor version of the hook', async () => {
    const plugin = await host.load(sif);
    const newer = defineHook('acme:echo/echo@1.7.0', { request: text, response: text });
    expect(await plugin.call(newer, { text: 'x' })).toEqual({ text: 'x' });
    expect(plugin.supports('acme:echo/echo@2.0.0')).toBe(false);
  });

  test('says which hooks there are when one is missing', async () => {
    const plugin = await host.load(sif);
    await expect(plugin.callRaw('acme:other/other@1.0.0', bytes(''))).rejects.toMatchObject({
      code: 'HOOK_MISSING',
      hint: `It exports ${ECHO}.`,
    });
  });

  test('throws TypeError for a request that does not fit, before the guest sees it', async () => {
    const plugin = await host.load(sif);
    expect(await codeOf(plugin.call(echo, { text: 5 } as never))).toMatch(/^TypeError/);
  });

  test('checks the response against the schema', async () => {
    const plugin = await host.load(sif);
    const strict = defineHook(ECHO, { request: text, response: struct({ other: str }) });
    expect(await codeOf(plugin.call(strict, { text: 'x' }))).toBe('ABI_MALFORMED');
  });

  test('refuses a message above the limit, and goes on', async () => {
    const plugin = await host.load(sif);
    expect(await codeOf(plugin.callRaw(ECHO, new Uint8Array(1024 * 1024 + 1)))).toBe('LIMIT_EXCEEDED');
    expect(await codeOf(plugin.callRaw(ECHO, new Uint8Array(1024 * 1024)))).toBe('ok');
  });

  test('gives the error arm as GUEST_ERROR, and reports one that is no message', async () => {
    const plugin = await host.load(sif);
    expect(await codeOf(plugin.callRaw(ECHO, bytes('fail:not msgpack')))).toBe('ABI_MALFORMED');
    const arm = Buffer.concat([
      bytes('fail:'),
      Buffer.from([0x82, 0xa4]),
      bytes('code'),
      Buffer.from([0xa1]),
      bytes('c'),
    ]);
    const message = Buffer.concat([arm, Buffer.from([0xa7]), bytes('message'), Buffer.from([0xa3]), bytes('a\u001bb')]);
    await expect(plugin.callRaw(ECHO, message)).rejects.toMatchObject({
      code: 'GUEST_ERROR',
      message: 'Plugin "example.com/echo": a\\u{1b}b',
      details: { guestCode: 'c' },
    });
  });

  test('hands log lines over, tagged and escaped', async () => {
    const plugin = await host.load(sif);
    lines.length = 0;
    const request = Buffer.concat([
      bytes('log:'),
      Buffer.from([0x82, 0xa5]),
      bytes('level'),
      Buffer.from([0xa4]),
      bytes('info'),
      Buffer.from([0xa7]),
      bytes('message'),
      Buffer.from([0xa3]),
      bytes('a\nb'),
    ]);
    await plugin.callRaw(ECHO, request);
    expect(lines.map(({ plugin: name, level, text: line }) => `${name} ${level} ${line}`)).toEqual([
      'example.com/echo info a',
      'example.com/echo info b',
    ]);
  });

  test('works without a promise too, and fails the same way', async () => {
    const plugin = await host.load(sif);
    expect(plugin.callSync(echo, { text: 'x' })).toEqual({ text: 'x' });
    expect(plugin.callRawSync(ECHO, bytes('y'))).toEqual(bytes('y'));
    expect(() => plugin.callRawSync('acme:other/other@1.0.0', bytes(''))).toThrow(PluginError);
  });

  test('many calls at once each get their own answer', async () => {
    const plugin = await host.load(sif);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => plugin.call(echo, { text: String(i) })));
    expect(answers.map((answer) => answer.text)).toEqual(Array.from({ length: 100 }, (_, i) => String(i)));
  });
});

describe('close()', () => {
  test('ends a plugin, and twice is fine', async () => {
    const plugin = await host.load(sif);
    await plugin.close();
    await plugin.close();
    expect(await codeOf(plugin.callRaw(ECHO, bytes('')))).toBe('PLUGIN_CLOSED');
  });

  test('of the host ends its plugins', async () => {
    const own = await createHost();
    const plugin = await own.load(sif);
    await own.close();
    expect(await codeOf(plugin.callRaw(ECHO, bytes('')))).toBe('PLUGIN_CLOSED');
    expect(await codeOf(own.load(sif))).toBe('PLUGIN_CLOSED');
  });

  test('of the host also ends a plugin that is still being loaded', async () => {
    const own = await createHost();
    const loading = own.load(sif);
    await own.close();
    expect(await codeOf(loading)).toBe('PLUGIN_CLOSED');
  });
});
