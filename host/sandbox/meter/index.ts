import type { ModuleFacts } from '../module-facts.js';
import { boundMemoryAndTables } from '../rewrite.js';

/** How code finds out that its call's time is up. */
export type DeadlineMeter = 'none' | 'epoch' | 'slices';

/** What rewritten code counts and looks at. */
export interface Meter {
  readonly deadline: DeadlineMeter;
  readonly fuel: boolean;
}

/** From places in a rewritten module to those in the original. */
export interface OffsetMap {
  originOf(offset: number): number;
}

export function rewriteModule(
  module: Uint8Array,
  facts: ModuleFacts,
  { tableMaxima }: { readonly tableMaxima: readonly number[]; readonly meter: Meter; readonly functionBytes: number },
): { readonly bytes: Uint8Array; readonly origins: OffsetMap } {
  return { bytes: boundMemoryAndTables(module, facts, { tableMaxima }), origins: { originOf: (offset) => offset } };
}
