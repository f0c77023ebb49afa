/**
 * Names that somebody may have meant. Pure.
 *
 * Distances are as in commander, which does the same for options: a name counts as near up to three edits, of which a swap of
 * neighbours is one, and only if more than 40 % of it is right.
 */
const MAX_EDITS = 3;
const MIN_SIMILARITY = 0.4;
/** No name is that long, and the effort grows with the square. */
const MAX_CHARS = 128;

/**
 * The names nearest to what was typed.
 *
 * @returns all that are equally near, sorted; empty if none is near enough.
 */
export function nearest(typed: string, names: Iterable<string>): readonly string[] {
  let found: string[] = [];
  let best = MAX_EDITS;
  if (typed.length > MAX_CHARS) return found;
  for (const name of new Set(names)) {
    const longest = Math.max(typed.length, name.length);
    if (name.length < 2 || name.length > MAX_CHARS || Math.abs(typed.length - name.length) > best) continue;
    const edits = editDistance(typed, name);
    if (edits > best || (longest - edits) / longest <= MIN_SIMILARITY) continue;
    if (edits < best) found = [];
    best = edits;
    found.push(name);
  }
  return found.sort();
}

/** The hint that offers them. @param names - at least one. */
export function didYouMean(names: readonly string[]): string {
  return `Did you mean ${names.length === 1 ? '' : 'one of '}${names.join(', ')}?`;
}

/** Edits that make one of the other: insert, delete, replace, swap neighbours; no part is edited twice. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? beforeLast[j - 2]! + 1 : replaced;
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, replaced, swapped));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
