import type { BenchGuests } from '../support/guests.js';
import type { Message } from '../support/message.js';

/** `echo`: the guest answers by itself. `relay`: it makes one capability call, and answers what that answered. */
export type Work = 'echo' | 'relay';

/** What a session is opened for. */
export interface Task {
  readonly guests: BenchGuests;
  readonly work: Work;
  readonly message: Message;
}

/** One way to call a plugin. */
export interface Contender {
  /** As in the table. */
  readonly name: string;
  /** How many calls make a sample; the classes make samples of all contenders take about as long. */
  readonly speed: 'fast' | 'slow' | 'worker';
  open(task: Task): Promise<Session>;
}

/** A contender that is ready to be called with the task's message. */
export interface Session {
  readonly call: Call;
  /** What an answer must be. Default: the message's bytes. */
  readonly expected?: Uint8Array;
  /** Runs before each sample, unmeasured. */
  readonly rest?: () => Promise<void>;
  readonly close?: () => Promise<void>;
}

/**
 * Answers belong to the caller. The two kinds have a loop of their own, because awaiting what is no promise would be charged to
 * those who answer at once.
 */
export type Call =
  | { readonly kind: 'sync'; readonly run: () => Uint8Array }
  | { readonly kind: 'async'; readonly run: () => Promise<Uint8Array> };
