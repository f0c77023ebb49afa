/** A plugin made with the AssemblyScript SDK asks servers over HTTP, and what becomes of the request when nobody waits any longer. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compileProject } from '../../host/compile/index.js';
import {
  createHost,
  defineHook,
  type Host,
  int,
  type LoadOptions,
  optional,
  type Plugin,
  packPlugin,
  readPackage,
  str,
  struct,
} from '../../host/index.js';
import { serveHttp, serveTcp, type TestServer } from '../support/http-servers.js';
import { rejected } from '../support/thrown.js';

const send = defineHook('test:http/send@1.0.0', {
  request: struct({ url: str, method: optional(str), text: optional(str) }),
  response: struct({
    calls: int,
    status: optional(int),
    text: optional(str),
    url: optional(str),
    code: optional(str),
    message: optional(str),
    hint: optional(str),
  }),
});

const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-http-'));
let compiled: ReturnType<typeof readPackage>;
let server: TestServer;
/** Takes connections and never answers. */
let silent: TestServer;
let host: Host;
const at = ({ port }: TestServer): string => `http://127.0.0.1:${port}`;
const grantOf = ({ port }: TestServer): string => `http:127.0.0.1:${port}`;

beforeAll(async () => {
  const project = join(import.meta.dirname, '../programs/as-http');
  compiled = readPackage((await compileProject(project, { out: join(folder, 'http.sif') })).bytes);
  server = await serveHttp(({ method, path, body }, response) => response.end(`${method} ${path} ${body}`));
  silent = await serveTcp(() => undefined);
  host = await createHost();
});
afterAll(async () => {
  await host.close();
  await Promise.all([server.close(), silent.close()]);
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => expect.poll(() => server.open() + silent.open(), { timeout: 60_000 }).toBe(0));

/** The plugin, which requests both servers and is granted them; they are known only when they listen. */
function load(options: LoadOptions = {}): Promise<Plugin> {
  const requests = [grantOf(server), grantOf(silent)];
  const { component, manifest } = compiled;
  const sif = packPlugin({ component, manifest: { ...manifest, requests } });
  return host.load(sif, { grants: requests, isolation: 'thread', ...options });
}

describe('a plugin in a thread', () => {
  test('makes requests and reads the answers', async () => {
    const plugin = await load();
    expect(await plugin.call(send, { url: `${at(server)}/a?b` })).toEqual({
      calls: 1,
      status: 200,
      text: 'GET /a?b ',
      url: `${at(server)}/a?b`,
    });
    expect(await plugin.call(send, { url: at(server), method: 'PUT', text: 'ü' })).toMatchObject({
      calls: 2,
      text: 'PUT / ü',
    });
  });

  test('gets refusals as values, and lives on', async () => {
    const plugin = await load();
    const port = server.port === 65_535 ? 1 : server.port + 1;
    expect(await plugin.call(send, { url: `http://127.0.0.1:${port}` })).toMatchObject({
      code: 'denied',
      hint: `Ask for http:127.0.0.1:${port}`,
    });
    expect(await plugin.call(send, { url: at(server), method: 'TRACE' })).toMatchObject({ calls: 2, code: 'invalid' });
  });

  test('gets nothing without a grant, although its manifest requests it', async () => {
    const plugin = await load({ grants: [] });
    const before = server.connections();
    expect(await plugin.call(send, { url: at(server) })).toMatchObject({ code: 'denied' });
    expect(server.connections()).toBe(before);
  });

  test('waits for several answers at once where its pool allows it', async () => {
    let most = 0;
    const waiting: ServerResponse[] = [];
    // Answers two when both are there, and leaves time for a third to come.
    const slow = await serveHttp((_seen, response) => {
      most = Math.max(most, waiting.push(response));
      if (waiting.length === 2) {
        setTimeout(() => {
          for (const one of waiting.splice(0)) one.end('late');
        }, 300);
      }
    });
    const { component, manifest } = compiled;
    const sif = packPlugin({ component, manifest: { ...manifest, requests: [grantOf(slow)] } });
    const plugin = await host.load(sif, { grants: [grantOf(slow)], isolation: 'thread', pool: { size: 2 } });
    const answers = await Promise.all([1, 2, 3, 4].map(() => plugin.call(send, { url: at(slow) })));
    expect(answers.map(({ text }) => text)).toEqual(['late', 'late', 'late', 'late']);
    expect(most).toBe(2);
    await slow.close();
  });
});

describe('a request that nobody waits for is closed:', () => {
  let before = 0;
  beforeEach(() => {
    before = silent.connections();
  });
  const waiting = () => expect.poll(() => silent.connections(), { timeout: 60_000 }).toBe(before + 1);
  const closed = () => expect.poll(() => silent.open(), { timeout: 60_000 }).toBe(0);

  test('when the deadline has passed', async () => {
    const plugin = await load();
    const failed = rejected(plugin.call(send, { url: at(silent) }, { deadlineMs: 3000 }));
    await waiting();
    expect(await failed).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await closed();
    expect(await plugin.call(send, { url: at(server) })).toMatchObject({ calls: 1, status: 200 });
  });

  test('when its caller gave up', async () => {
    const plugin = await load();
    const caller = new AbortController();
    const failed = rejected(plugin.call(send, { url: at(silent) }, { signal: caller.signal }));
    await waiting();
    caller.abort();
    expect(await failed).toMatchObject({ code: 'CALL_ABORTED' });
    await closed();
  });

  test('when the plugin is closed', async () => {
    const plugin = await load();
    const failed = rejected(plugin.call(send, { url: at(silent) }));
    await waiting();
    await plugin.close();
    expect(await failed).toMatchObject({ code: 'PLUGIN_CLOSED' });
    await closed();
  });
});

describe('a plugin that runs inline', () => {
  test('is told that it cannot wait, and what would help', async () => {
    const plugin = await load({ isolation: 'inline' });
    expect(await plugin.call(send, { url: at(server) })).toMatchObject({
      code: 'unsupported',
      hint: "Load it with isolation: 'thread'",
    });
  });

  test('is told first that it has no grant', async () => {
    const plugin = await load({ isolation: 'inline', grants: [] });
    expect(await plugin.call(send, { url: at(server) })).toMatchObject({ code: 'denied' });
  });
});
