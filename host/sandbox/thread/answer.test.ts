import { expect, test } from 'vitest';
import type { Capability, InstanceOptions } from '../options.js';
import { answer } from './answer.js';
import { Mailbox } from './mailbox.js';
import type { Questions } from './messages.js';

const LARGE = 64 * 1024;
const LIMIT = 2 ** 20;
const context = { signal: new AbortController().signal };

/** Ask for what `capability` makes of a large request that lies in the mailbox. */
function ask(capability: Capability, mailbox: Mailbox, byte: number): Questions['capability']['answer'] {
  const options = { capabilities: new Map([['a:b/c', capability]]), wasi: {} } as unknown as InstanceOptions;
  const request = mailbox.put(new Uint8Array(LARGE).fill(byte))!;
  const argument = { name: 'a:b/c', importedAs: 'a:b/c@1.0.0', request };
  const question = { kind: 'question', about: 'capability', argument } as const;
  return answer(question, options, LIMIT, mailbox, context) as Questions['capability']['answer'];
}

test('what a capability keeps of its request does not change with the next one', () => {
  const kept: Uint8Array[] = [];
  const keep: Capability = (request) => {
    kept.push(request);
    return { ok: true, payload: new Uint8Array() };
  };
  const mailbox = new Mailbox();
  ask(keep, mailbox, 1);
  ask(keep, mailbox, 2);
  expect(kept.map((bytes) => [bytes.buffer instanceof ArrayBuffer, bytes.length, bytes[0], bytes.at(-1)])).toEqual([
    [true, LARGE, 1, 1],
    [true, LARGE, 2, 2],
  ]);
});

test('a capability that borrows sees the mailbox, and may answer with what it was asked', () => {
  const mailbox = new Mailbox();
  const echo: Capability = Object.assign((request: Uint8Array) => ({ ok: true, payload: request.subarray(3) }), {
    borrows: true,
  });
  const { payload } = ask(echo, mailbox, 7);
  const bytes = ArrayBuffer.isView(payload) ? payload : mailbox.view(payload);
  expect([bytes.length, new Set(bytes)]).toEqual([LARGE - 3, new Set([7])]);
  expect(bytes.buffer).toBe(mailbox.shared);
});

test('a small answer has a buffer of its own', () => {
  const { payload } = ask((request) => ({ ok: true, payload: request.subarray(0, 10) }), new Mailbox(), 7);
  expect(payload).toEqual(new Uint8Array(10).fill(7));
});
