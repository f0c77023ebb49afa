/** Longer words are no typing errors of a key, and a hostile manifest has thousands of them. */
const MAX_CHARS = 24;
const MAX_EDITS = 2;

/**
 * What someone who typed `word` meant.
 *
 * @param known - in order of preference.
 * @returns the nearest within two letters added, lost or changed, or undefined.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > MAX_CHARS) return undefined;
  let best: string | undefined;
  let fewest = MAX_EDITS + 1;
  for (const candidate of known) {
    const edits = distance(word, candidate);
    // In a short word two letters are most of it.
    if (edits < fewest && edits * 2 < candidate.length) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
