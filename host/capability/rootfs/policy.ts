import { quote } from '../../errors/index.js';

/** What a new root file system may hold. Every number counts what was ever created, also what was replaced since. */
export interface RootfsPolicy {
  /** Bytes of file content. Default 16 GiB. */
  readonly maxBytes: number;
  /** Calls that create an entry, and parent folders made on the way. Default 500,000. */
  readonly maxEntries: number;
  /** Bytes of one path, as given and as it is after links are resolved. Default 4096. */
  readonly maxPathBytes: number;
  /** Parts of one path, as given and resolved. Default 256: removing a tree holds one descriptor open for each. */
  readonly maxDepth: number;
  /** Files that are begun and not finished. Default 16. */
  readonly maxOpenFiles: number;
  /** What must stay free in the file system, in bytes and entries: more is refused with `limit` as on a full disk. Default 0: all may be used. */
  readonly minFreeBytes: number;
  readonly minFreeEntries: number;
  /** Device nodes and FIFOs may be made. Default no. */
  readonly devices: boolean;
  /** Set-user-id and set-group-id bits are kept. Without it they are dropped, and counted in `usage`. Default no. */
  readonly setuid: boolean;
  /** Owners are applied; else everything belongs to who runs this. Default: whether that is root. */
  readonly owners: boolean;
}

const GIB = 1024 ** 3;
const DEFAULTS = {
  maxBytes: 16 * GIB,
  maxEntries: 500_000,
  maxPathBytes: 4096,
  maxDepth: 256,
  maxOpenFiles: 16,
  minFreeBytes: 0,
  minFreeEntries: 0,
  devices: false,
  setuid: false,
};

/**
 * The policy with its defaults.
 *
 * @throws TypeError for an unknown key or a value of the wrong kind: a misspelt limit must not mean the default.
 */
export function completePolicy(given: Partial<RootfsPolicy>): RootfsPolicy {
  const defaults: RootfsPolicy = { ...DEFAULTS, owners: process.geteuid?.() === 0 };
  for (const [key, value] of Object.entries(given)) {
    const known = Object.hasOwn(defaults, key) ? defaults[key as keyof RootfsPolicy] : undefined;
    const fits =
      typeof known === 'number' ? Number.isSafeInteger(value) && Number(value) >= 0 : typeof value === 'boolean';
    if (known === undefined || !fits) {
      throw new TypeError(`Cannot use ${quote(key)} of the policy of a root file system: ${quote(String(value))}`);
    }
  }
  return { ...defaults, ...given };
}
