/** The AssemblyScript SDK, compiled by host/compile and run in the sandbox. Sources: test/programs/as-*. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hook, Json, RequestInputOf, Value } from '../../host/abi/index.js';
import { any, capabilities, decode, encode, errorMessage, hooks, struct } from '../../host/abi/index.js';
import { type CompileResult, compileProject } from '../../host/compile/index.js';
import { describeComponent } from '../../host/component/index.js';
import { readPackage } from '../../host/package/index.js';
import type { Capability } from '../../host/sandbox/index.js';
import { openGuest, type SandboxGuest } from '../support/sandbox-guest.js';

const PROGRAMS = join(import.meta.dirname, '../programs');
const GOLDEN = join(import.meta.dirname, '../golden/abi');

const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-as-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const context = { hostVersion: '1.0.0', pluginVersion: '1.0.0', settings: { site: 'north' } };
const user = { uid: 1000, gid: 100, name: 'u' };

function commandRequest(path: string, args: string[] = []): RequestInputOf<typeof hooks.command> {
  return { context, phase: 'run', path, args, cwd: '/home/u', user };
}

/** Compile a program into `folder`, under a name of its own. */
function build(program: string, dir = join(PROGRAMS, program)): Promise<CompileResult> {
  return compileProject(dir, { out: join(folder, `${program}-${Math.random().toString(36).slice(2)}.sif`) });
}

function call<Req, Res, ReqIn, ResIn>(
  { instance }: SandboxGuest,
  hook: Hook<Req, Res, ReqIn, ResIn>,
  request: ReqIn,
): Res {
  const answer = instance.call(hook.id, encode(hook.request, request));
  expect(answer.ok, Buffer.from(answer.payload).toString()).toBe(true);
  return decode(hook.response, answer.payload);
}

/** Capabilities that answer from a table and note what they were asked. */
function recordingHost(): { capabilities: ReadonlyMap<string, Capability>; trace: string[] } {
  const trace: string[] = [];
  const table = new Map<string, Capability>();
  function offer<Req, Res, ReqIn, ResIn>(
    name: string,
    hook: Hook<Req, Res, ReqIn, ResIn>,
    answer: (request: Req) => ResIn | string,
  ): void {
    table.set(`wasm-plugin:host/${name}`, (bytes) => {
      const result = answer(decode(hook.request, bytes));
      return typeof result === 'string'
        ? { ok: false, payload: encode(errorMessage, { code: result, message: `no ${name} for you` }) }
        : { ok: true, payload: encode(hook.response, result) };
    });
  }
  const store = new Map<string, Uint8Array>();
  const files = new Map<string, Uint8Array>();
  offer('log', capabilities.log, ({ level, message }) => {
    trace.push(`${level}: ${message}`);
    return {};
  });
  offer('clock', capabilities.clock, ({ clock }) => ({
    seconds: clock === 'wall' ? 1_700_000_000 : 5,
    nanoseconds: 7,
  }));
  offer('random', capabilities.random, ({ length }) => ({ bytes: new Uint8Array(length).fill(9) }));
  offer('env', capabilities.env, ({ name }) => (name === 'HOME' ? { value: '/root' } : 'denied'));
  offer('kv', capabilities.kv, ({ op, key = '', value, prefix = '' }) => {
    switch (op) {
      case 'set':
        store.set(key, value ?? new Uint8Array());
        return {};
      case 'get': {
        const found = store.get(key);
        return found === undefined ? { found: false } : { found: true, value: found };
      }
      case 'delete':
        return { found: store.delete(key) };
      case 'list':
        return { keys: [...store.keys()].filter((name) => name.startsWith(prefix)).sort() };
    }
  });
  offer('fs', capabilities.fs, ({ op, path, data = new Uint8Array(), offset = 0, append = false }) => {
    const found = files.get(path) ?? new Uint8Array();
    if (!path.startsWith('/data')) {
      return 'denied';
    }
    switch (op) {
      case 'write':
        files.set(path, append ? new Uint8Array([...found, ...data]) : data);
        return {};
      case 'read': {
        // Four bytes at a time: the SDK must ask again.
        const part = found.slice(offset, offset + 4);
        return { data: part, eof: offset + part.length >= found.length };
      }
      case 'stat':
        return { kind: 'file' as const, size: found.length };
      case 'list':
        return { entries: [...files.keys()].map((name) => name.slice('/data/'.length)) };
      default:
        return {};
    }
  });
  offer('http', capabilities.http, ({ url, body, ...rest }) => {
    if (!url.startsWith('http://api/')) {
      return 'denied';
    }
    // What was asked for is the answer.
    const asked = Buffer.from(
      JSON.stringify({ ...rest, body: body === undefined ? null : Buffer.from(body).toString() }),
    );
    return url.endsWith('/echo')
      ? { status: 404, url, body: asked }
      : { status: 200, headers: [{ name: 'content-type', value: 'text/plain' }], url, body: Buffer.from('hello') };
  });
  return { capabilities: table, trace };
}

describe('a program that uses everything', () => {
  let component: Uint8Array;
  beforeAll(async () => {
    component = readPackage((await build('as-sdk')).bytes).component;
  });

  async function open(): Promise<SandboxGuest & { trace: string[] }> {
    const { capabilities: table, trace } = recordingHost();
    return { ...(await openGuest(component, { capabilities: table })), trace };
  }

  test('runs top-level code when it is instantiated, with capabilities', async () => {
    const { trace } = await open();
    expect(trace).toEqual(['info: top level at 1700000000000']);
  });

  test('builds adjustments', async () => {
    const response = call(await open(), hooks.engineConfig, {
      context,
      config: { ociVersion: '1.0.2', process: { env: ['PATH=/bin', 'HOME=/'] } },
      engine: { name: 'crun', image: '/i.sif', id: 'c1', rootless: true },
      flags: { job: { id: 7 } },
      state: 'earlier',
    });
    expect(response.adjustments).toMatchObject({
      mounts: [
        { action: 'add', source: '/etc/slurm', destination: '/etc/slurm', options: ['ro'] },
        { action: 'add', source: 'tmpfs', destination: '/scratch', options: [], type: 'tmpfs' },
        { action: 'remove', destination: '/old' },
      ],
      env: [
        { action: 'replace', name: 'FIRST', value: 'PATH=/bin' },
        { action: 'replace', name: 'COUNT', value: '2' },
        { action: 'remove', name: 'LD_PRELOAD' },
      ],
      hostname: 'crun-north',
      cwd: '/work',
      args: ['/bin/sh', '-c', 'true'],
      user: { uid: 1000, gid: 100, additionalGids: [10, 20] },
      annotations: [{ action: 'replace', name: 'org.example.job', value: '{"id":7}' }],
      namespaces: [{ action: 'add', type: 'network' }],
      resources: { memoryLimit: 268435456, cpuQuota: 150000, cpuPeriod: 100000, cpus: '0-3', pidsLimit: 64 },
      rlimits: [
        { action: 'add', type: 'RLIMIT_NOFILE', soft: 1024, hard: 4096 },
        { action: 'replace', type: 'RLIMIT_CORE', soft: -1, hard: -1 },
      ],
      devices: [{ action: 'add', path: '/dev/fuse' }],
      ociHooks: [{ action: 'add', stage: 'createRuntime', path: '/usr/bin/true', args: ['true'], env: [] }],
    });
    expect(response.patch).toMatchObject([
      { op: 'add', path: '/linux/seccomp', value: { defaultAction: 'SCMP_ACT_ALLOW' } },
    ]);
    expect(response.state).toMatchObject({ seen: 2, before: 'earlier' });
  });

  test('answers a command', async () => {
    const response = call(await open(), hooks.command, commandRequest('greet', ['a b', 'ü']));
    expect(response).toMatchObject({ stdout: 'hello u from /home/u\na b|ü\n', exitCode: 3, state: [1, 2] });
    expect(response.flags?.get('loud')).toBe(true);
  });

  test('carries state between hooks', async () => {
    const response = call(await open(), hooks.postStartProcess, {
      context,
      id: 'c1',
      pid: 7,
      bundle: '/b',
      config: {},
      state: { seen: 2 },
    });
    expect(response.veto).toBe('seen 2');
  });

  const events = [
    { name: 'an event without figures', request: { event: 'started' }, want: { nextTickMs: 250, exitCode: 0 } },
    { name: 'an exit code', request: { event: 'exited', exitCode: 4 }, want: { nextTickMs: 250, exitCode: 5 } },
    {
      name: 'too much memory',
      request: { event: 'tick', stats: { memoryBytes: 2000 } },
      want: { signal: 'SIGTERM', nextTickMs: 0 },
    },
  ] as const;
  for (const { name, request, want } of events) {
    test(`monitors: ${name}`, async () => {
      const response = call(await open(), hooks.monitorContainer, {
        context,
        id: 'c1',
        pid: 7,
        uptimeMs: 1,
        ...request,
      });
      expect(response).toMatchObject(want);
    });
  }

  test('sends the error arm after fail(), and the next call is well', async () => {
    const { instance } = await open();
    const request = (event: 'installed' | 'enabled') =>
      encode(hooks.lifecycle.request, { context, event, version: '1.0.0' });
    const failed = instance.call(hooks.lifecycle.id, request('installed'));
    expect(failed.ok).toBe(false);
    expect(decode(errorMessage, failed.payload)).toMatchObject({
      code: 'no-license',
      message: 'The license server does not answer',
      hint: 'Start lmgrd',
    });
    const well = instance.call(hooks.lifecycle.id, request('enabled'));
    expect(well).toEqual({ ok: true, payload: new Uint8Array([0x80]) });
  });

  test('answers a malformed request with an error', async () => {
    const { instance } = await open();
    const answer = instance.call(hooks.command.id, new Uint8Array([0x81, 0xa4, 0x70]));
    expect(answer.ok).toBe(false);
    expect(decode(errorMessage, answer.payload).code).toBe('malformed');
  });

  test('reaches capabilities, and gets refusals as values', async () => {
    const type = (value: string) => ({ name: 'content-type', value });
    const echoed = (asked: object) => `http not ok 404 no type from http://api/echo ${JSON.stringify(asked)}`;
    const response = call(await open(), hooks.command, commandRequest('capabilities'));
    expect(response.stdout?.trimEnd().split('\n')).toEqual([
      'env /root',
      'env denied: no env for you',
      'kv set true',
      'kv get one',
      'kv get nothing',
      'kv list a/1',
      'kv remove true false',
      'fs write true true',
      'fs read line+more',
      'fs read denied: no fs for you',
      'fs stat file 9',
      'fs list f',
      'http ok 200 text/plain from http://api/greeting hello',
      echoed({ method: 'POST', headers: [type('application/octet-stream')], redirects: 10, body: '\0\0\0' }),
      echoed({ method: 'POST', headers: [type('text/plain; charset=utf-8')], redirects: 10, body: 'text' }),
      echoed({
        method: 'PUT',
        headers: [{ name: 'x-tag', value: '1' }, { name: 'x-tag', value: '2' }, type('text/plain; charset=utf-8')],
        timeoutMs: 50,
        maxBytes: 1000,
        redirects: 0,
        body: 'ü',
      }),
      'http denied: no http for you',
      'random 70000',
    ]);
  });

  test("puts capabilities in place of AssemblyScript's own globals", async () => {
    const guest = await open();
    const response = call(guest, hooks.command, commandRequest('globals'));
    expect(response.stdout?.trimEnd().split('\n')).toEqual([
      'date 1700000000000',
      'year 2023',
      'performance runs',
      'random fits',
      'crypto 9 9 9 9',
    ]);
    expect(guest.trace.slice(1)).toEqual([
      'info: log',
      'debug: debug',
      'warn: warn',
      'error: error',
      'error: Assertion failed: assert',
      'info: t: 0ms',
      'debug: trace: trace 1.5, -2.0',
    ]);
  });

  const aborts = [
    {
      name: 'a thrown error',
      path: 'abort',
      want: /^error: abort: three “quotes” – ü at assembly\/command\.ts:\d+:\d+$/,
    },
    {
      name: 'a failed assertion',
      path: 'assert',
      want: /^error: abort: ninety-nine arguments at assembly\/command\.ts:\d+:\d+$/,
    },
    {
      name: 'an index out of range',
      path: 'bounds',
      want: /^error: abort: Index out of range at ~lib\/array\.ts:\d+:\d+$/,
    },
  ];
  for (const { name, path, want } of aborts) {
    test(`logs the text of ${name} before the trap`, async () => {
      const { instance, trace } = await open();
      const request = encode(hooks.command.request, commandRequest(path));
      expect(() => instance.call(hooks.command.id, request)).toThrow(expect.objectContaining({ code: 'GUEST_TRAP' }));
      expect(trace.at(-1)).toMatch(want);
    });
  }

  test('takes and gives values of any shape on a hook of an embedder', async () => {
    const { instance } = await open();
    const schema = struct({ message: any });
    const bytesOf = (value: Value) => encode(schema, { message: value }).subarray('\x81\xa7message'.length);
    const request = bytesOf({
      secret: 1,
      a: 'é"\n',
      list: [1, { b: -5 }],
      big: 2 ** 40,
      none: null,
      raw: new Uint8Array(3),
    });
    const answer = instance.call('test:sdk/value@1.2.0', request);
    const whole = new Uint8Array([...encode(schema, { message: null }).subarray(0, -1), ...answer.payload]);
    expect(decode(schema, whole).message).toEqual(
      Object.assign(Object.create(null), {
        a: 'é"\n',
        list: [1, Object.assign(Object.create(null), { b: -5, c: [true] }), 'in place', 1.5],
        big: 2 ** 40,
        none: null,
        raw: new Uint8Array(3),
        events: 0,
        text: '{"a":"é\\"\\u000a","list":[1,{"b":-5,"c":[true]},"in place",1.5],"big":1099511627776,"none":null,"raw":"<3 bytes>","events":0}',
      }),
    );
  });

  test('collects garbage between calls: 512 MiB pass through 64', async () => {
    const { instance } = await open();
    for (let count = 0; count < 512; count++) {
      instance.call('test:sdk/garbage@1.0.0', new Uint8Array([0xc0]));
    }
    expect(instance.failure).toBeUndefined();
  });

  describe('golden vectors', () => {
    interface Vector {
      readonly name: string;
      readonly schema: string;
      readonly json: Json;
      readonly hex: string;
      readonly reencoded?: string;
    }
    const vectorsOf = (file: string): Vector[] => JSON.parse(readFileSync(join(GOLDEN, file), 'utf8'));
    const recode = ({ instance }: SandboxGuest, { schema, hex }: Vector) =>
      instance.call(
        'test:sdk/recode@1.0.0',
        new Uint8Array([schema.length, ...Buffer.from(schema), ...Buffer.from(hex, 'hex')]),
      );

    for (const file of readdirSync(GOLDEN).filter((name) => name !== 'malformed.json')) {
      test(`${file}: decoded and encoded again, the bytes are the same`, async () => {
        const guest = await open();
        for (const vector of vectorsOf(file)) {
          const { ok, payload } = recode(guest, vector);
          expect({ name: vector.name, ok, hex: Buffer.from(payload).toString('hex') }).toEqual({
            name: vector.name,
            ok: true,
            hex: vector.reencoded ?? vector.hex,
          });
        }
      });
    }

    test('any bytes at all: an answer, never a trap', async () => {
      const guest = await open();
      const vectors = readdirSync(GOLDEN).flatMap(vectorsOf);
      const mutated = fc
        .record({ vector: fc.constantFrom(...vectors), at: fc.nat(), byte: fc.nat(255), cut: fc.nat() })
        .map(({ vector, at, byte, cut }) => {
          const bytes = Buffer.from(vector.hex, 'hex');
          if (bytes.length > 0) {
            bytes[at % bytes.length] = byte;
          }
          const end = cut % 3 === 0 ? at % (bytes.length + 1) : bytes.length;
          return { ...vector, hex: bytes.subarray(0, end).toString('hex') };
        });
      const random = fc.record({ vector: fc.constantFrom(...vectors), bytes: fc.uint8Array({ maxLength: 64 }) });
      const messages = fc.oneof(
        mutated,
        random.map(({ vector, bytes }) => ({ ...vector, hex: Buffer.from(bytes).toString('hex') })),
      );
      fc.assert(
        fc.property(messages, (vector) => {
          recode(guest, vector);
          guest.instance.call('test:sdk/value@1.2.0', new Uint8Array(Buffer.from(vector.hex, 'hex')));
        }),
        { numRuns: 3000 },
      );
      expect(guest.instance.failure).toBeUndefined();
    });

    /** What the host checks before it sends, and a plugin need not check again. */
    const lenient = new Set([
      'text that is not UTF-8',
      'a surrogate in UTF-8',
      'a key that is not UTF-8',
      'a missing field',
      'a word that the schema does not know',
    ]);
    test('malformed.json: an error, never a trap', async () => {
      const guest = await open();
      const outcomes = vectorsOf('malformed.json').map((vector) => [vector.name, recode(guest, vector).ok]);
      expect(outcomes).toEqual(vectorsOf('malformed.json').map(({ name }) => [name, lenient.has(name)]));
    });
  });
});

describe('a minimal program', () => {
  let here: CompileResult;
  let elsewhere: CompileResult;
  beforeAll(async () => {
    here = await build('as-minimal');
    const copy = join(folder, 'a folder', 'with another name');
    cpSync(join(PROGRAMS, 'as-minimal'), copy, { recursive: true });
    elsewhere = await build('as-minimal', copy);
  });

  test('has no trace of what it does not use', () => {
    const { component } = readPackage(here.bytes);
    expect(describeComponent(component)).toEqual({
      // For the text of an abort.
      imports: ['wasm-plugin:host/log@1.0.0'],
      exports: ['wasm-plugin:hook/engine-config@1.0.0'],
    });
    // A third of it are the names and lines of its functions.
    expect(component.byteLength).toBeLessThan(29_000);
  });

  test('gives the same bytes from another folder', () => {
    expect(Buffer.compare(here.bytes, elsewhere.bytes)).toBe(0);
    expect(Buffer.from(here.bytes).includes(folder)).toBe(false);
    expect(Buffer.from(here.bytes).includes(import.meta.dirname.slice(0, -'/test/contract'.length))).toBe(false);
  });

  test('says what it was built with', () => {
    expect(here.manifest.sdk?.lang).toBe('assemblyscript');
    expect(readFileSync(here.path)).toEqual(Buffer.from(here.bytes));
  });
});

test('a program built with wasi-shim prints, and its abort text still reaches the log', async () => {
  const { component } = readPackage((await build('as-wasi')).bytes);
  expect(describeComponent(component).imports.some((id) => id.startsWith('wasi:cli/stdout@'))).toBe(true);
  const { capabilities: table, trace } = recordingHost();
  const guest = await openGuest(component, { capabilities: table });
  const response = call(guest, hooks.command, commandRequest('x'));
  expect(response.stdout).toBe('1000000\n');
  expect(guest.lines).toEqual(['stdout: top level', 'stdout: command x']);
  expect(() => guest.instance.call(hooks.command.id, encode(hooks.command.request, commandRequest('abort')))).toThrow(
    expect.objectContaining({ code: 'GUEST_TRAP' }),
  );
  expect(trace.at(-1)).toMatch(/^error: abort: with the shim at assembly\/index\.ts:\d+:\d+$/);
});
