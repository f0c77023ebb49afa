/** Results of costly work by key, bounded in number and in bytes; what was not asked for longest goes first. */
export interface PromiseCache<T> {
  /**
   * The result that `key` stands for: the one that is there or being made, else what `make` answers. A failure is not kept.
   *
   * @param bytes - what it holds on to, about.
   */
  get(key: string, bytes: number, make: () => Promise<T>): Promise<T>;
}

interface Entry<T> {
  readonly result: Promise<T>;
  readonly bytes: number;
}

/** @param maxBytes - of all entries together; one that is larger alone is not kept. */
export function createPromiseCache<T>(maxEntries: number, maxBytes: number): PromiseCache<T> {
  // A Map keeps insertion order; an entry that is asked for is deleted and set again, so the first is the oldest.
  const entries = new Map<string, Entry<T>>();
  let used = 0;

  function remove(key: string, entry: Entry<T>): void {
    // Another one may stand there by now.
    if (entries.get(key) === entry) {
      entries.delete(key);
      used -= entry.bytes;
    }
  }

  return {
    get(key, bytes, make) {
      const known = entries.get(key);
      const entry = known ?? { result: make(), bytes };
      if (known !== undefined) {
        remove(key, known);
      } else {
        entry.result.catch(() => remove(key, entry));
      }
      entries.set(key, entry);
      used += entry.bytes;
      for (const [oldest, old] of entries) {
        if (entries.size <= maxEntries && used <= maxBytes) {
          break;
        }
        remove(oldest, old);
      }
      return entry.result;
    },
  };
}
