/** How instances in threads end, what they say before that, and that they leave nothing behind. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { parse } from '@bytecodealliance/jco';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { InstanceOptions, ThreadInstance } from '../../host/sandbox/index.js';
import { compileComponent } from '../../host/sandbox/index.js';
import { buildWorkers } from '../../scripts/build-workers.mjs';
import { buildCEcho, buildCSurroundings } from '../support/build-c.js';
import { buildJavaScriptLogEcho } from '../support/build-javascript.js';
import { ECHO, quietOptions, SCORE, textPlugin, textPluginSource } from '../support/text-plugin.js';
import { startTextThread } from '../support/thread-guest.js';
import { rejected } from '../support/thrown.js';

const NOTHING = new Uint8Array();
const LOG = 'wasm-plugin:host/log';
const HOOK = 'acme:echo/echo@1.0.0';
const ask = (text: string): Uint8Array => new TextEncoder().encode(text);
const LOOP = { handle: '(loop $l (br $l)) unreachable' };

const open: ThreadInstance[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((instance) => instance.close()));
});

async function start(...parts: Parameters<typeof startTextThread>): Promise<ThreadInstance> {
  const instance = await startTextThread(...parts);
  open.push(instance);
  return instance;
}

async function startComponent(component: Uint8Array, options: Partial<InstanceOptions> = {}): Promise<ThreadInstance> {
  const compiled = await compileComponent(component, {}, undefined, 'thread');
  const instance = await compiled.startThread(quietOptions(options));
  open.push(instance);
  return instance;
}

/** The thread that `run` starts. */
async function threadOf(run: () => Promise<unknown>): Promise<Worker> {
  let made: Worker | undefined;
  const see = (worker: Worker): void => {
    made = worker;
  };
  process.on('worker', see);
  try {
    await run();
  } finally {
    process.off('worker', see);
  }
  return made!;
}

describe('close()', () => {
  test('ends the thread, and a second time changes nothing', async () => {
    let instance: ThreadInstance | undefined;
    const thread = await threadOf(async () => {
      instance = await start();
    });
    expect(thread.threadId).toBeGreaterThan(0);
    await Promise.all([instance!.close(), instance!.close()]);
    expect(thread.threadId).toBe(-1);
    await instance!.close();
    const error = await rejected(instance!.call(SCORE, NOTHING));
    expect([error.code, error.message]).toEqual(['PLUGIN_CLOSED', `Cannot call ${SCORE}: the instance was closed`]);
    expect(instance!.failure).toBeUndefined();
  });

  test('during a call ends that, too', async () => {
    const instance = await start(LOOP);
    const call = rejected(instance.call(SCORE, NOTHING));
    await new Promise((resolve) => setTimeout(resolve, 30));
    await instance.close();
    const error = await call;
    expect([error.code, error.message]).toEqual(['PLUGIN_CLOSED', `Cannot call ${SCORE}: the instance was closed`]);
  });

  test('after a death waits until the thread is gone', async () => {
    let instance: ThreadInstance | undefined;
    const thread = await threadOf(async () => {
      instance = await start(LOOP);
    });
    await rejected(instance!.call(SCORE, NOTHING, { deadlineMs: 30 }));
    await instance!.close();
    expect(thread.threadId).toBe(-1);
  });
});

describe('a thread that somebody else ends', () => {
  test('during a call fails that', async () => {
    let instance: ThreadInstance | undefined;
    const thread = await threadOf(async () => {
      instance = await start(LOOP);
    });
    const call = rejected(instance!.call(SCORE, NOTHING));
    await thread.terminate();
    const error = await call;
    expect([error.code, error.message]).toEqual([
      'THREAD_FAILED',
      `Cannot call ${SCORE}: its thread ended by itself with code 1`,
    ]);
    expect(instance!.failure).toBe(error);
  });

  test('between two calls fails the instance, and the next call says why', async () => {
    let instance: ThreadInstance | undefined;
    const thread = await threadOf(async () => {
      instance = await start();
    });
    await instance!.call(SCORE, NOTHING);
    await thread.terminate();
    expect(instance!.failure?.code).toBe('THREAD_FAILED');
    const error = await rejected(instance!.call(SCORE, NOTHING));
    expect(error.code).toBe('PLUGIN_CLOSED');
    expect(error.message).toContain('its thread ended by itself with code 1');
  });

  test('while it starts fails the start', async () => {
    const see = (worker: Worker): void => void worker.terminate();
    process.once('worker', see);
    expect((await rejected(startTextThread())).code).toBe('THREAD_FAILED');
  });
});

describe('a thread whose heap is full', () => {
  test('fails its start, and nothing else', async () => {
    // Each instance of a module has functions of its own in the heap: these are more than it holds.
    const functions = Array.from({ length: 5000 }, (_, i) => `(func (export "f${i}"))`).join('');
    const more = `(core module $big ${functions}) ${'(core instance (instantiate $big))'.repeat(900)}`;
    const other = await start();
    const starting = startTextThread({ more }, {}, { definitions: 10_000_000, deadlineMs: 250_000 });
    const error = await rejected(starting);
    expect(error.code).toBe('THREAD_FAILED');
    expect(error.message).toMatch(/^Cannot start the component: its thread failed, .*memory limit/);
    expect((await other.call(SCORE, ask('alive'))).payload).toEqual(ask('alive'));
  });
});

describe('lines of output', () => {
  /** Prints what is at `$ptr`, then calls the capability, then prints that again without an end of line. */
  const STDOUT = `
    (type $streams (instance
      (export "output-stream" (type $output (sub resource)))
      (type $self (borrow $output)) (type $bytes (list u8))
      (type $error (variant (case "last-operation-failed" u32) (case "closed")))
      (type $result (result (error $error)))
      (export "[method]output-stream.blocking-write-and-flush"
        (func (param "self" $self) (param "contents" $bytes) (result $result)))))
    (import "wasi:io/streams@0.2.3" (instance $streams (type $streams)))
    (alias export $streams "output-stream" (type $stream))
    (type $out (instance
      (alias outer 1 $stream (type $outer)) (export "output-stream" (type $stream (eq $outer)))
      (type $own (own $stream)) (export "get-stdout" (func (result $own)))))
    (import "wasi:cli/stdout@0.2.3" (instance $out (type $out)))
    (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $memory)))
    (core func $stdout (canon lower (func $out "get-stdout")))
    (core instance $extra (export "write" (func $write)) (export "stdout" (func $stdout)))`;
  const imports = `(import "extra" "write" (func $write (param i32 i32 i32 i32)))
    (import "extra" "stdout" (func $stdout (result i32)))`;
  const PRINT = '(call $write (local.get $out) (local.get $ptr) (local.get $len) (i32.const 2048))';
  const ASK = '(call $call (local.get $ptr) (local.get $len) (i32.const 2048))';
  const printing = (body: string): Promise<Uint8Array> =>
    parse(
      textPluginSource({ imports, handle: `(local $out i32) (local $n i32) (local.set $out (call $stdout)) ${body}` })
        .replace('(core module $main', `${STDOUT} (core module $main`)
        .replace('(with "host"', '(with "extra" (instance $extra)) (with "host"'),
    );

  /** Keeps what happens in order. */
  function recording() {
    const trace: string[] = [];
    const options = {
      capabilities: new Map([
        [
          LOG,
          () => {
            trace.push('capability');
            return { ok: true, payload: NOTHING };
          },
        ],
      ]),
      wasi: { ...quietOptions().wasi, onLine: (stream: string, line: string) => void trace.push(`${stream}: ${line}`) },
    };
    return { trace, options };
  }

  test('come in order with calls to the host and with the end of the call', async () => {
    const { trace, options } = recording();
    const component = await printing(`${PRINT} ${ASK} ${PRINT} ${ASK} ${PRINT}
      (call $answer (i32.const 0) (local.get $ptr) (local.get $len))`);
    const instance = await startComponent(component, options);
    await instance.call(SCORE, ask('one\ntwo'));
    trace.push('answered');
    await instance.call(SCORE, ask('three\n'));
    expect(trace).toEqual([
      'stdout: one',
      'capability',
      'stdout: twoone',
      'capability',
      'stdout: twoone',
      'stdout: two',
      'answered',
      ...['stdout: three', 'capability', 'stdout: three', 'capability', 'stdout: three'],
    ]);
  });

  test('come before the error of a guest that dies, or is ended', async () => {
    for (const end of ['unreachable', '(loop $l (br $l)) unreachable']) {
      const { trace, options } = recording();
      const instance = await startComponent(await printing(`${PRINT} ${end}`), options);
      await rejected(instance.call(SCORE, ask('last words\n'), { deadlineMs: 2000 }));
      expect(trace).toEqual(['stdout: last words']);
    }
  });

  test('all arrive, however many there are', async () => {
    const { trace, options } = recording();
    const component = await printing(`
      (loop $l ${PRINT} (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 500))))
      (call $answer (i32.const 0) (local.get $ptr) (local.get $len))`);
    const instance = await startComponent(component, options);
    await instance.call(SCORE, ask('x\ny\n'));
    expect(trace).toEqual(Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 'stdout: x' : 'stdout: y')));
  });

  test('end the guest when their sink fails', async () => {
    const component = await printing(`(loop $l ${PRINT} (br $l)) unreachable`);
    const cause = new Error('disk full');
    const onLine = (): never => {
      throw cause;
    };
    const instance = await startComponent(component, { wasi: { ...quietOptions().wasi, onLine } });
    const error = await rejected(instance.call(SCORE, ask('x\n')));
    expect(error.code).toBe('HOST_BUG');
    expect(error.message).toContain('the sink of output lines failed, disk full');
    expect(error.cause).toBe(cause);
  });
});

describe('real programs', () => {
  const wasi = {
    wallClock: () => ({ seconds: 1_000n, nanoseconds: 5 }),
    monotonicNow: () => 7_000_000n,
    random: (length: number) => Buffer.alloc(length, 9),
    env: new Map([['LANG', 'C']]),
    args: ['plugin', '--flag'],
  };

  test('in C see the pinned clocks and chance of their owner, its arguments, and nothing else', async () => {
    const instance = await startComponent(await buildCSurroundings(), { wasi: { ...quietOptions().wasi, ...wasi } });
    const { payload } = await instance.call(HOOK, ask('look'));
    expect(new TextDecoder().decode(payload)).toBe(
      'environ=1 argc=2/0 preopens=0 cwd=/ passwd=No such file or directory relative=No such file or directory ' +
        'written=No such file or directory stdin-end=1 tty=0 random=0909 wall=1000.000000005 monotonic=0.007000000',
    );
  });

  test('in C may exit', async () => {
    const lines: string[] = [];
    const onLine = (stream: string, line: string): void => void lines.push(`${stream}: ${line}`);
    const instance = await startComponent(await buildCSurroundings(), { wasi: { ...quietOptions().wasi, onLine } });
    const error = await rejected(instance.call(HOOK, ask('exit 3')));
    expect([error.code, instance.failure?.code]).toEqual(['GUEST_EXIT', 'GUEST_EXIT']);
    expect(lines).toEqual(['stdout: leaving']);
  });

  test('in C print', async () => {
    const lines: string[] = [];
    const onLine = (stream: string, line: string): void => void lines.push(`${stream}: ${line}`);
    const instance = await startComponent(await buildCEcho(), { wasi: { ...quietOptions().wasi, onLine } });
    expect((await instance.call(HOOK, ask('abc'))).payload).toEqual(ask('abc'));
    expect(lines).toEqual(['stdout: got 3 bytes', 'stderr: no newline']);
  });

  test('on QuickJS run, and call the host', async () => {
    const seen: string[] = [];
    const log = async (request: Uint8Array) => {
      seen.push(new TextDecoder().decode(request));
      return { ok: true, payload: request.slice().reverse() };
    };
    const instance = await startComponent(await buildJavaScriptLogEcho(), { capabilities: new Map([[LOG, log]]) });
    expect(new TextDecoder().decode((await instance.call(HOOK, ask('log:abc'))).payload)).toBe('cba');
    expect(seen).toEqual(['abc']);
  });

  test('hear what a clock or source of chance throws as a bug of the host', async () => {
    const broken = (): never => {
      throw new Error('no clock here');
    };
    const options = { wasi: { ...quietOptions().wasi, wallClock: broken } };
    const instance = await startComponent(await buildCSurroundings(), options);
    const error = await rejected(instance.call(HOOK, ask('look')));
    expect(error.code).toBe('HOST_BUG');
    expect(error.message).toContain('no clock here');
  });
});

describe('a process with threads', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-thread-'));
    const handle = `(call $call (local.get $ptr) (local.get $len) (i32.const 2048)) ${ECHO}`;
    writeFileSync(join(folder, 'slow.wasm'), await textPlugin({ handle }));
    writeFileSync(join(folder, 'echo.wasm'), await textPlugin());
    writeFileSync(join(folder, 'loop.wasm'), await textPlugin(LOOP));
    writeFileSync(
      join(folder, 'preload.cjs'),
      'process.stderr.write("loaded into thread " + require("node:worker_threads").threadId)',
    );
    await buildWorkers(join(folder, 'workers'));
    await build({
      entryPoints: [fileURLToPath(new URL('../support/thread-child.ts', import.meta.url))],
      outfile: join(folder, 'bin/child.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const cases = [
    { what: 'idle', component: 'slow', wants: { code: 0, stdout: '' } },
    { what: 'call', component: 'slow', wants: { code: 0, stdout: 'answered\n' } },
    { what: 'hang', component: 'slow', wants: { code: 0, stdout: 'DEADLINE_EXCEEDED\n' } },
    { what: 'hang', component: 'loop', wants: { code: 0, stdout: 'DEADLINE_EXCEEDED\n' } },
    { what: 'close', component: 'slow', wants: { code: 0, stdout: 'closed\n' } },
    { what: 'exit', component: 'loop', wants: { code: 7, stdout: '' } },
    { what: 'many', component: 'echo', wants: { code: 0, stdout: '[]\n' } },
  ];
  for (const { what, component, wants } of cases) {
    test(`ends by itself, and they print nothing: ${what}, ${component}`, async () => {
      expect(await child(what, component)).toEqual({ ...wants, stderr: '' });
    });
  }

  test('does not hand them what is preloaded into it', async () => {
    const { stdout, stderr } = await child('call', 'slow', {
      NODE_OPTIONS: `--require=${join(folder, 'preload.cjs')}`,
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'answered\n', stderr: 'loaded into thread 0' });
  });

  function child(what: string, component: string, env: NodeJS.ProcessEnv = {}) {
    const args = [join(folder, 'bin/child.mjs'), join(folder, `${component}.wasm`), what];
    return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, args, { env, timeout: 240_000 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr });
      });
    });
  }
});
