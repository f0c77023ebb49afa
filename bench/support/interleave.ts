/** One thing to measure. */
export interface Entry {
  readonly name: string;
  /** Take one sample. What must not be measured is done before or after its own clock runs. */
  readonly sample: () => Promise<number>;
}

/**
 * Take samples in turn: A B C, A B C, … Each round shifts the start by one, so that nobody always runs after the same neighbour.
 *
 * @param rounds - samples of each entry.
 * @returns samples by name, in the order of the rounds.
 */
export async function interleave(entries: readonly Entry[], rounds: number): Promise<Map<string, number[]>> {
  const samples = new Map<string, number[]>(entries.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < entries.length; turn++) {
      const { name, sample } = entries[(round + turn) % entries.length]!;
      collectGarbage();
      samples.get(name)?.push(await sample());
    }
  }
  return samples;
}

/** There with `--expose-gc`: what one contender left behind is not collected in another's time. */
function collectGarbage(): void {
  globalThis.gc?.();
}
