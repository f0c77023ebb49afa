/** What the parts of the soak have in common: what they are asked for, what they tell. */
import type { Growth } from './growth.js';

export const PARTS = ['calls', 'instances', 'crashing'] as const;
export type PartName = (typeof PARTS)[number];

/** What one process of the soak is to do. */
export interface PartOptions {
  readonly part: PartName;
  /** Calls, instances, or minutes. */
  readonly amount: number;
}

/** What the process had at one time, after a collection. */
export interface MemorySample {
  readonly seconds: number;
  /** The least that the resident set had since the last sample, in bytes: what the process costs, with what allocators keep. */
  readonly resident: number;
  /** What JavaScript objects of the main thread hold on to in bytes, outside the heap too. */
  readonly held: number;
}

/** What came of it. */
export interface PartResult extends PartOptions {
  readonly seconds: number;
  /** How often what happened. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** What should not have happened, the first few. */
  readonly unexpected: readonly string[];
  readonly samples: readonly MemorySample[];
  /** Kinds of handles that keep the process alive although everything was closed. */
  readonly left: readonly string[];
}

/** The same, judged by the process that waited for it. */
export interface JudgedPart extends PartResult {
  readonly resident: Growth;
  readonly held: Growth;
  /** Milliseconds from the result to the end of the process; undefined if it had to be killed. */
  readonly endedAfterMs: number | undefined;
  readonly exitCode: number | null;
}

/** What a part gets to work with. */
export interface Course {
  readonly amount: number;
  /** True once somebody wants the result now. */
  stopped(): boolean;
  /** Call often, and wait for it: takes a sample of the resident set now and then. `done` is a share of the whole, from 0 to 1. */
  progress(done: number): Promise<void>;
  /** Something happened as it should. */
  count(outcome: string, times?: number): void;
  /** Something happened that should not. */
  fail(what: string): void;
}

/** One part of the soak: works until `amount` is done or it is stopped, closes everything that it opened, and returns. */
export type Part = (course: Course) => Promise<void>;
