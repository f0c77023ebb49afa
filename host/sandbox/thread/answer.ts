import { tooLong } from '../lift.js';
import type { Capability, CapabilityAnswer, CapabilityContext, InstanceOptions } from '../options.js';
import type { Mailbox } from './mailbox.js';
import { ownCopy, type Question, type Questions } from './messages.js';

/**
 * What an instance's owner says to a question of its thread.
 *
 * @param messageBytes - limit for what a capability says.
 * @param mailbox - where the question's payload may be, and the answer's goes if it is large.
 * @returns what to send back, bytes copied out of whatever holds them; a promise only from a capability that answers with one.
 * @throws what the source or the capability threw; PluginError `LIMIT_EXCEEDED`.
 */
export function answer(
  question: Question,
  options: InstanceOptions,
  messageBytes: number,
  mailbox: Mailbox,
  context: CapabilityContext,
): unknown {
  const { wasi } = options;
  switch (question.about) {
    case 'capability': {
      const { name, importedAs, request } = question.argument;
      const capability = options.capabilities.get(name)!;
      const said = capability(
        ArrayBuffer.isView(request) ? request : taken(mailbox.view(request), capability),
        context,
      );
      const copy = (answered: CapabilityAnswer) => copied(importedAs, answered, messageBytes, mailbox);
      return isPromise(said) ? Promise.resolve(said).then(copy) : copy(said);
    }
    case 'missing':
      return ownCopy(options.missing(question.argument));
    case 'wallClock': {
      const { seconds, nanoseconds } = wasi.wallClock();
      return { seconds, nanoseconds };
    }
    case 'monotonicNow':
      return wasi.monotonicNow();
    case 'random':
      return ownCopy(wasi.random(question.argument));
    case 'lastWords':
      return options.lastWords?.();
    case 'caughtUp':
      return undefined;
  }
}

/** Of any kind: a capability may use a library's own. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | undefined)?.then === 'function';
}

function taken(bytes: Uint8Array, { borrows = false }: Capability): Uint8Array {
  return borrows ? bytes : ownCopy(bytes);
}

function copied(
  name: string,
  { ok, payload }: CapabilityAnswer,
  messageBytes: number,
  mailbox: Mailbox,
): Questions['capability']['answer'] {
  if (!ArrayBuffer.isView(payload)) {
    throw new TypeError('it answered without bytes');
  }
  if (payload.byteLength > messageBytes) {
    throw tooLong(`the answer of ${name}`, payload.byteLength, messageBytes);
  }
  return { ok: Boolean(ok), payload: mailbox.put(payload) ?? ownCopy(payload) };
}
