/**
 * /etc/subuid and /etc/subgid: ids that an administrator gives to ordinary users for their user namespaces.
 *
 *   NAME-OR-UID:FIRST:COUNT
 *
 * Pure: text in, ranges out. `newuidmap` reads the same files and has the last word; this is for what to ask of it.
 */

export interface SubordinateRange {
  /** The first. */
  readonly hostId: number;
  readonly size: number;
}

/** 2^32 - 1 means "no id" to the kernel. */
const ID_END = 2 ** 32 - 1;
/** More lines than the kernel takes in a map. */
const MAX_RANGES = 339;

/**
 * Ranges of a user, in the order of the file, apart from each other.
 *
 * Lines that are malformed count as nothing, as they do for `newuidmap`. So do root's id and `own` in a range: the first is nobody's
 * to give, the second is in the map already.
 *
 * @param text - of the file. @param user - `name` or `uid` stands in front of a line of theirs, in both files.
 * @param own - id of the user, or of their group for /etc/subgid.
 * @returns at most 339 ranges, as many as the kernel takes beside the one for `own`.
 */
export function parseSubordinateIds(
  text: string,
  user: { readonly name: string; readonly uid: number },
  own: number,
): SubordinateRange[] {
  const found: SubordinateRange[] = [];
  const prefixes = [`${user.uid}:`, ...(user.name === '' || user.name.includes(':') ? [] : [`${user.name}:`])];
  for (const line of text.split('\n')) {
    const range = prefixes.some((prefix) => line.startsWith(prefix)) ? rangeOf(line) : undefined;
    if (range !== undefined) {
      const taken = [{ hostId: 0, size: 1 }, { hostId: own, size: 1 }, ...found];
      found.push(...taken.reduce(without, [range]));
    }
    if (found.length >= MAX_RANGES) {
      break;
    }
  }
  return found.slice(0, MAX_RANGES);
}

function rangeOf(line: string): SubordinateRange | undefined {
  const [, first, count] = /^[^:]*:(\d{1,10}):(\d{1,10})\s*$/.exec(line) ?? [];
  const [hostId, size] = [Number(first), Number(count)];
  return size >= 1 && hostId <= ID_END - size ? { hostId, size } : undefined;
}

/** What of the ranges is outside of another one. */
function without(ranges: readonly SubordinateRange[], { hostId, size }: SubordinateRange): SubordinateRange[] {
  const end = hostId + size;
  return ranges.flatMap((range) => {
    const rangeEnd = range.hostId + range.size;
    const before = { hostId: range.hostId, size: Math.min(rangeEnd, hostId) - range.hostId };
    const after = { hostId: Math.max(range.hostId, end), size: rangeEnd - Math.max(range.hostId, end) };
    return [before, after].filter((part) => part.size > 0);
  });
}
