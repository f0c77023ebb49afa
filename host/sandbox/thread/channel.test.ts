/** Both ends of the line in one thread: what the owner will say is sent before it is asked. */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { thrown } from '../../../test/support/thrown.js';
import { PluginError } from '../../errors/index.js';
import { Channel } from './channel.js';
import { errorMessage } from './error-message.js';
import type { FromThread, ToThread } from './messages.js';
import { remoteOptions } from './remote-options.js';

const { port1: owner, port2: mine } = new MessageChannel();
const wake = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
const channel = new Channel(mine, wake);

function say(message: ToThread): void {
  owner.postMessage(message);
  Atomics.add(wake, 0, 1);
}

function heard(): FromThread[] {
  const all: FromThread[] = [];
  for (;;) {
    const received: { readonly message: FromThread } | undefined = receiveMessageOnPort(owner);
    if (received === undefined) {
      return all;
    }
    all.push(received.message);
  }
}

afterEach(() => {
  expect(heard()).toEqual([]);
});

describe('ask()', () => {
  test('sends the question and gives back the answer', () => {
    say({ kind: 'answer', value: 12n });
    expect(channel.ask('monotonicNow', undefined)).toBe(12n);
    expect(heard()).toEqual([{ kind: 'question', about: 'monotonicNow', argument: undefined }]);
  });

  test('throws what the owner could not answer because of', () => {
    say({ kind: 'no-answer', error: errorMessage(new PluginError('IO_FAILED', 'Cannot read it', { hint: 'Wait.' })) });
    const error = thrown(() => channel.ask('random', 8));
    expect(error).toMatchObject({ code: 'IO_FAILED', message: 'Cannot read it', hint: 'Wait.' });
    say({ kind: 'no-answer', error: errorMessage(new TypeError('not today')) });
    expect(() => channel.ask('random', 8)).toThrow(/^not today$/);
    heard();
  });

  test('takes a call for a mistake', () => {
    say({ kind: 'call', hook: 'a:b/c@1.0.0', request: new Uint8Array(), fuel: undefined });
    expect(() => channel.ask('random', 8)).toThrow('a call came');
    heard();
  });
});

describe('send()', () => {
  test('gives large bytes away and copies small ones', () => {
    const usage = { fuel: undefined, cpuMs: undefined, memoryBytes: 0, capabilityCalls: 0 };
    const small = new Uint8Array(64).fill(1);
    const large = new Uint8Array(64 * 1024).fill(2);
    channel.send({ kind: 'result', ok: true, payload: small, usage }, small);
    channel.send({ kind: 'result', ok: true, payload: large, usage }, large);
    expect([small.byteLength, large.byteLength]).toEqual([64, 0]);
    expect(heard().map((message) => message.kind === 'result' && message.payload.byteLength)).toEqual([64, 65_536]);
  });
});

describe('lines', () => {
  const options = () =>
    remoteOptions(
      {
        port: mine,
        wake,
        shared: new SharedArrayBuffer(0),
        parts: undefined as never,
        limits: {},
        capabilities: [],
        wasi: { env: new Map(), args: [] },
      },
      channel,
    );
  const kinds = (): string[] =>
    heard().map((message) => (message.kind === 'question' ? `question ${message.about}` : message.kind));

  test('go out without an answer, and in order with questions', () => {
    const { wasi } = options();
    say({ kind: 'answer', value: 1n });
    wasi.onLine('stdout', 'a');
    wasi.monotonicNow();
    wasi.onLine('stderr', 'b');
    expect(kinds()).toEqual(['line', 'question monotonicNow', 'line']);
  });

  test('wait for the owner after 64, and start anew then', () => {
    const { wasi } = options();
    for (let round = 0; round < 2; round++) {
      say({ kind: 'answer', value: undefined });
      for (let i = 0; i < 64; i++) {
        wasi.onLine('stdout', `${i}`);
      }
      expect(kinds()).toEqual([...Array(64).fill('line'), 'question caughtUp']);
    }
  });

  test('wait for the owner after 64 Ki characters', () => {
    const { wasi } = options();
    wasi.onLine('stdout', 'x'.repeat(64 * 1024 - 1));
    expect(kinds()).toEqual(['line']);
    say({ kind: 'answer', value: undefined });
    wasi.onLine('stdout', 'y');
    expect(kinds()).toEqual(['line', 'question caughtUp']);
  });
});
