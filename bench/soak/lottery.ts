/**
 * Draw things by their weight, the same ones in the same order for the same seed.
 *
 * @param seed - any whole number but 0.
 */
export function createLottery<T extends { readonly weight: number }>(seed: number, things: readonly T[]): () => T {
  const total = things.reduce((sum, { weight }) => sum + weight, 0);
  let state = seed >>> 0;
  return () => {
    // Xorshift: Marsaglia, "Xorshift RNGs", 2003.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    let at = (state >>> 0) % total;
    for (const thing of things) {
      at -= thing.weight;
      if (at < 0) {
        return thing;
      }
    }
    throw new RangeError('No weights to draw by');
  };
}
