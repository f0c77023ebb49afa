import { describe, expect, test } from 'vitest';
import { answerNow } from '../../test/support/capability.js';
import { decode, defineHook, encode, errorMessage, str, struct } from '../abi/index.js';
import { PluginError } from '../errors/index.js';
import type { Capability, CapabilityAnswer } from '../sandbox/index.js';
import { Refusal } from './answer.js';
import { asyncCapability, asyncRawCapability, capability, rawCapability } from './define.js';

const text = struct({ text: str });
const echo = defineHook('acme:text/echo@1.0.0', { request: text, response: text });
const asked = encode(text, { text: 'a' });
const context = { signal: new AbortController().signal };

const codeOf = ({ ok, payload }: CapabilityAnswer): string => (ok ? 'ok' : decode(errorMessage, payload).code);

/** What the guest gets from a capability whose handler ends with `error`. */
const failing: readonly { name: string; make: (error: Error) => Capability; later: boolean }[] = [
  {
    name: 'capability()',
    later: false,
    make: (error) =>
      capability(echo, () => {
        throw error;
      }),
  },
  {
    name: 'rawCapability()',
    later: false,
    make: (error) =>
      rawCapability(() => {
        throw error;
      }),
  },
  {
    name: 'asyncCapability() that throws',
    later: false,
    make: (error) =>
      asyncCapability(echo, () => {
        throw error;
      }),
  },
  {
    name: 'asyncCapability() that rejects',
    later: true,
    make: (error) => asyncCapability(echo, () => Promise.reject(error)),
  },
  {
    name: 'asyncRawCapability() that rejects',
    later: true,
    make: (error) => asyncRawCapability(() => Promise.reject(error)),
  },
];

for (const { name, make, later } of failing) {
  describe(name, () => {
    const call = async (error: Error): Promise<CapabilityAnswer> => {
      const answer = make(error)(asked, context);
      expect(answer instanceof Promise).toBe(later);
      return answer;
    };

    test('a refusal is an answer', async () => {
      const { ok, payload } = await call(new Refusal('missing', 'no such table', 'Create it'));
      expect(ok).toBe(false);
      expect(decode(errorMessage, payload)).toEqual({ code: 'missing', message: 'no such table', hint: 'Create it' });
    });

    test('a malformed message is the mistake of the guest', async () => {
      expect(codeOf(await call(new PluginError('ABI_MALFORMED', 'no map')))).toBe('invalid');
    });

    test('anything else is a bug of the host', async () => {
      const bug = new Error('the database is gone');
      await expect((async () => call(bug))()).rejects.toBe(bug);
    });
  });
}

describe('asyncCapability()', () => {
  test('answers at once where its handler does', () => {
    const { ok, payload } = answerNow(
      asyncCapability(echo, (request) => request),
      asked,
    );
    expect({ ok, response: decode(text, payload) }).toEqual({ ok: true, response: { text: 'a' } });
  });

  test('answers later where its handler does, also with a promise of another kind', async () => {
    // biome-ignore lint/suspicious/noThenProperty: that is what is tested.
    const thenable: PromiseLike<{ text: string }> = { then: (...args) => Promise.resolve({ text: 'b' }).then(...args) };
    for (const promise of [Promise.resolve({ text: 'b' }), thenable]) {
      const answer = asyncCapability(echo, () => promise)(asked, context);
      expect(answer).toBeInstanceOf(Promise);
      expect(decode(text, (await answer).payload)).toEqual({ text: 'b' });
    }
  });

  test('refuses a request that does not fit without a promise', () => {
    const handler = asyncCapability(echo, async (request) => request);
    expect(codeOf(answerNow(handler, new Uint8Array([0xc0])))).toBe('invalid');
  });

  test('a response that does not fit is a bug of the host', async () => {
    const wrong = asyncCapability(echo, async () => ({ text: 7 }) as never);
    await expect(wrong(asked, context)).rejects.toBeInstanceOf(TypeError);
  });

  test('hands the signal of the call on', () => {
    const signals: AbortSignal[] = [];
    asyncCapability(echo, (request, { signal }) => {
      signals.push(signal);
      return request;
    })(asked, context);
    expect(signals).toEqual([context.signal]);
  });
});
