/**
 * What jco's output does with a component, our sandbox does too: same arm, same payload, same lines, same capability calls.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildAssemblyScriptConsoleEcho, buildAssemblyScriptLogEcho } from '../support/build-assemblyscript.js';
import { buildCEcho } from '../support/build-c.js';
import { buildJavaScriptLogEcho } from '../support/build-javascript.js';
import type { Answer } from '../support/jco-oracle.js';
import { instantiateWithJco } from '../support/jco-oracle.js';
import { openGuest } from '../support/sandbox-guest.js';

const HOOK = 'acme:echo/echo@1.0.0';
const LOG = 'wasm-plugin:host/log';
const encoder = new TextEncoder();

const guests = [
  { name: 'C with printf', build: buildCEcho, output: true, log: false, randomRuns: 300 },
  {
    name: 'AssemblyScript with console.log',
    build: buildAssemblyScriptConsoleEcho,
    output: true,
    log: false,
    randomRuns: 300,
  },
  {
    name: 'AssemblyScript with a capability',
    build: buildAssemblyScriptLogEcho,
    output: false,
    log: true,
    randomRuns: 300,
  },
  {
    name: 'JavaScript on QuickJS with a capability',
    build: buildJavaScriptLogEcho,
    output: false,
    log: true,
    randomRuns: 100,
  },
];

const patterned = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31) % 256);
const prefixed = (prefix: string, rest: Uint8Array) => Uint8Array.from([...encoder.encode(prefix), ...rest]);

const messages = [
  { name: 'nothing', request: new Uint8Array() },
  { name: '1 byte', request: Uint8Array.of(0) },
  { name: '64 bytes', request: patterned(64) },
  { name: '65,536 bytes, a page', request: patterned(65_536) },
  { name: '70,000 bytes, more than a page', request: patterned(70_000) },
  { name: '3 MB, which makes memories grow', request: patterned(3_000_000) },
  { name: 'bytes that are no UTF-8', request: Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80) },
  { name: 'text in other scripts', request: encoder.encode('naïve 名 🙂\0\r\n') },
  { name: 'a prefix that is cut short', request: encoder.encode('fail') },
  { name: 'the error arm with nothing', request: encoder.encode('fail:') },
  { name: 'the error arm with text', request: encoder.encode('fail:no such thing') },
  { name: 'the error arm with 70,000 bytes', request: prefixed('fail:', patterned(70_000)) },
  { name: 'a capability call with nothing', request: encoder.encode('log:') },
  { name: 'a capability call that answers', request: prefixed('log:', patterned(64)) },
  { name: 'a capability call that answers with 70,000 bytes', request: prefixed('log:', patterned(70_000)) },
  { name: 'a capability call that is refused', request: encoder.encode('log:!no') },
  { name: 'a small message after all these', request: encoder.encode('again') },
];

/** Answers with the request reversed, on the error arm if it starts with `!`; and keeps a record. */
function createLog() {
  const calls: string[] = [];
  const log = (request: Uint8Array): Answer => {
    calls.push(Buffer.from(request).toString('hex'));
    return { ok: request[0] !== '!'.charCodeAt(0), payload: request.slice().reverse() };
  };
  return { calls, capabilities: new Map([[LOG, log]]) };
}

/** Lines of what was written during one call, the unfinished last one included: the sandbox's promise, said the short way. */
function linesOf(stream: string, chunks: readonly Uint8Array[]): string[] {
  const text = Buffer.concat(chunks).toString('utf8');
  const lines = text.split('\n');
  return (text.endsWith('\n') || text === '' ? lines.slice(0, -1) : lines).map((line) => `${stream}: ${line}`);
}

interface Observed {
  readonly ok: boolean;
  /** In hexadecimal; above 4 kB length and digest, for arrays of megabytes take seconds to compare. */
  readonly payload: string;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly logCalls: readonly string[];
}

const LONGEST_SHOWN = 4096;

function show(payload: Uint8Array): string {
  return payload.byteLength <= LONGEST_SHOWN
    ? Buffer.from(payload).toString('hex')
    : `${payload.byteLength} bytes, sha256 ${createHash('sha256').update(payload).digest('hex')}`;
}

type Observer = (request: Uint8Array) => Observed;

async function observeOurs(component: Uint8Array): Promise<Observer> {
  const log = createLog();
  const { instance, lines } = await openGuest(component, log);
  return (request) => {
    const { ok, payload } = instance.call(HOOK, request);
    const printed = lines.splice(0);
    return {
      ok,
      payload: show(payload),
      stdout: printed.filter((line) => line.startsWith('stdout: ')),
      stderr: printed.filter((line) => line.startsWith('stderr: ')),
      logCalls: log.calls.splice(0),
    };
  };
}

async function observeJco(component: Uint8Array): Promise<Observer> {
  const log = createLog();
  const written = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const instance = await instantiateWithJco(component, {
    onOutput: (stream, bytes) => written[stream].push(bytes),
    capabilities: log.capabilities,
  });
  return (request) => {
    const { ok, payload } = instance.call(HOOK, request);
    return {
      ok,
      payload: show(payload),
      stdout: linesOf('stdout', written.stdout.splice(0)),
      stderr: linesOf('stderr', written.stderr.splice(0)),
      logCalls: log.calls.splice(0),
    };
  };
}

for (const { name, build, output, log, randomRuns } of guests) {
  describe(name, () => {
    let ours: Observer;
    let jcos: Observer;

    beforeAll(async () => {
      const component = await build();
      ours = await observeOurs(component);
      jcos = await observeJco(component);
    });

    for (const message of messages) {
      test(`agrees on ${message.name}`, () => {
        const expected = jcos(message.request);
        expect(ours(message.request)).toEqual(expected);
        // That both fail alike is no agreement: the oracle itself must have seen what the program is made to do.
        expect(expected.stdout).toEqual(output ? [`stdout: got ${message.request.byteLength} bytes`] : []);
        expect(expected.logCalls.length).toBe(log && message.name.startsWith('a capability call') ? 1 : 0);
      });
    }

    test('agrees on random messages', () => {
      const request = fc
        .tuple(fc.constantFrom('', 'fail:', 'log:', 'log:!'), fc.uint8Array({ maxLength: 2_000 }))
        .map(([prefix, rest]) => prefixed(prefix, rest));
      fc.assert(
        fc.property(request, (bytes) => {
          expect(ours(bytes)).toEqual(jcos(bytes));
        }),
        { numRuns: randomRuns },
      );
    });
  });
}
