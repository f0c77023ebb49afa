import { describe, expect, test } from 'vitest';
import { PluginError } from '../../errors/index.js';
import { wasm } from '../web-assembly.js';
import { errorFrom, errorMessage } from './error-message.js';

const across = (error: unknown): Error => errorFrom(structuredClone(errorMessage(error)));

describe('an error on its way to another thread', () => {
  test('keeps all that a PluginError says', () => {
    const error = new PluginError('GUEST_TRAP', 'Cannot call it: no', { hint: 'Try.', details: { hook: 'a', n: 1 } });
    const copy = across(error);
    expect(copy).toBeInstanceOf(PluginError);
    expect(copy).toMatchObject({
      code: 'GUEST_TRAP',
      message: 'Cannot call it: no',
      hint: 'Try.',
      details: { hook: 'a', n: 1 },
    });
    expect(copy.cause).toBeUndefined();
  });

  test('keeps name, text and stack of its cause, and nothing else', () => {
    const cause = new wasm.RuntimeError('unreachable');
    const copy = across(new PluginError('GUEST_TRAP', 'Cannot call it', { cause })).cause as Error;
    expect(copy).toBeInstanceOf(Error);
    expect([copy.name, copy.message, copy.stack]).toEqual(['RuntimeError', 'unreachable', cause.stack]);
    expect(Object.keys(copy)).toEqual([]);
  });

  test('takes the original for the cause where that is at hand', () => {
    const cause = new Error('the original');
    const message = errorMessage(new PluginError('HOST_BUG', 'Cannot call it', { cause }));
    expect(errorFrom(message, cause).cause).toBe(cause);
  });

  test('is no PluginError if it was none', () => {
    const copy = across(new TypeError('not a function'));
    expect(copy).not.toBeInstanceOf(PluginError);
    expect([copy.message, (copy.cause as Error).name]).toEqual(['not a function', 'TypeError']);
    expect(across('just text').message).toBe('just text');
  });

  test('has a stack of bounded length, whatever the guest’s functions are called', () => {
    const cause = new Error('x');
    cause.stack = `Error: x\n    at ${'f'.repeat(1_000_000)}`;
    expect((across(new PluginError('GUEST_TRAP', 'x', { cause })).cause as Error).stack?.length).toBe(16 * 1024);
  });
});
