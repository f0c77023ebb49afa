/**
 * What passes between a plugin's thread and the one that owns it, as structured clones.
 *
 * The owner calls, and the thread answers with a result. Meanwhile the thread asks, and waits for each answer; only lines of output
 * go without one. So there is never more than one message under way that somebody waits for, and none needs a number.
 */
import type { MessagePort } from 'node:worker_threads';
import type { LinkParts } from '../instantiate.js';
import type { SandboxLimits } from '../limits.js';
import type { Usage, WasiSources } from '../options.js';
import type { ErrorMessage } from './error-message.js';
import type { Place } from './mailbox.js';

/** What a thread starts with. */
export interface ThreadData {
  readonly port: MessagePort;
  /** Counts the messages to the thread, which sleeps on it. */
  readonly wake: Int32Array;
  /** Of a `Mailbox`. */
  readonly shared: SharedArrayBuffer;
  readonly parts: LinkParts;
  readonly limits: Partial<SandboxLimits>;
  /** Names of those that the owner answers. */
  readonly capabilities: readonly string[];
  readonly wasi: Pick<WasiSources, 'env' | 'args' | 'maxHandles' | 'maxLineBytes'>;
}

/** Bytes, or where they are in the mailbox. */
export type Payload = Uint8Array | Place;

/** What the thread asks its owner, by kind. */
export interface Questions {
  readonly capability: {
    /** The name finds it; what the component imports goes into errors. */
    readonly argument: { readonly name: string; readonly importedAs: string; readonly request: Payload };
    readonly answer: { readonly ok: boolean; readonly payload: Payload };
  };
  readonly missing: { readonly argument: string; readonly answer: Uint8Array };
  readonly wallClock: { readonly argument: undefined; readonly answer: ReturnType<WasiSources['wallClock']> };
  readonly monotonicNow: { readonly argument: undefined; readonly answer: bigint };
  readonly random: { readonly argument: number; readonly answer: Uint8Array };
  readonly lastWords: { readonly argument: undefined; readonly answer: string | undefined };
  /** Whether the lines up to here have arrived. */
  readonly caughtUp: { readonly argument: undefined; readonly answer: undefined };
}

export type QuestionKind = keyof Questions;

export type Question = {
  [Kind in QuestionKind]: {
    readonly kind: 'question';
    readonly about: Kind;
    readonly argument: Questions[Kind]['argument'];
  };
}[QuestionKind];

export interface Line {
  readonly kind: 'line';
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** How a call, or the start, ended. */
export type Outcome =
  | { readonly kind: 'started'; readonly usage: Usage }
  | { readonly kind: 'result'; readonly ok: boolean; readonly payload: Uint8Array; readonly usage: Usage }
  | { readonly kind: 'failed'; readonly error: ErrorMessage; readonly usage: Usage | undefined };

export type FromThread =
  /** Our code has been loaded there; the guest's comes next. */
  { readonly kind: 'booted' } | Line | Question | Outcome;

export type ToThread =
  | {
      readonly kind: 'call';
      readonly hook: string;
      readonly request: Uint8Array;
      readonly fuel: number | undefined;
    }
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'no-answer'; readonly error: ErrorMessage };

/** From here on moving a buffer to the other thread is faster than copying it out and in again. */
const TRANSFER_BYTES = 16 * 1024;

/**
 * What to hand to `postMessage` beside a message.
 *
 * @param payload - owned by the sender, and all of its buffer.
 */
export function transferred(payload: Uint8Array): ArrayBuffer[] {
  return payload.byteLength < TRANSFER_BYTES ? [] : [payload.buffer as ArrayBuffer];
}

/** A copy with a buffer of its own. A clone of a view would take all of the buffer behind it along. */
export function ownCopy({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  // Not `bytes.slice()`: that of a Buffer copies nothing.
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}
