/** What the meter is asked to do to a core module, and what its planner answers. */

/** How code is made to stop in the thread that runs it. */
export type DeadlineMeter = 'none' | 'epoch' | 'slices';

export interface Meter {
  readonly deadline: DeadlineMeter;
  /** Count units of work, and stop when they are used up. */
  readonly fuel: boolean;
}

/** Where the reserved imports and the appended functions are in the rewritten module's index spaces. */
export interface MeterIndices {
  /** -1 unless the deadline is kept by `epoch`. */
  readonly epochMemory: number;
  /** -1 unless fuel is counted, for its own sake or in slices. */
  readonly fuelGlobal: number;
  /** -1 unless the deadline is kept by `slices`. */
  readonly tickFunction: number;
  /** Of the plan's helpers; the others follow. */
  readonly firstHelper: number;
}

/** What is done to a function's code. Offsets in bytes of the original module. */
export interface Edit {
  readonly at: number;
  /** Bytes taken out at `at`: whole operators. */
  readonly remove: number;
  /** Bytes put there instead, with indices of the rewritten module. */
  readonly insert: Uint8Array;
}

/** A function that is appended to the module. */
export interface Helper {
  /** Value types by their byte; no references with heap types of their own. */
  readonly parameters: readonly number[];
  readonly results: readonly number[];
  /** Local declarations and operators, with indices of the rewritten module; without the size in front. */
  readonly body: Uint8Array;
}

export interface CodePlan {
  /**
   * Edits of one of the module's own functions (index without the imports), in the order of `at`, none overlapping another. Several
   * at the same place are put there in their order.
   */
  readonly edits: (definedFunction: number) => readonly Edit[];
  readonly helpers: readonly Helper[];
}
