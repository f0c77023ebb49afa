import type { Files } from './files.js';
import type { Layout } from './layout.js';

export type StoreKind = 'system' | 'user' | 'custom';

/** What every part of one open store needs to know; made by `openStore`, not changed after. */
export interface StoreContext {
  readonly layout: Layout;
  readonly kind: StoreKind;
  /** Effective user id of this process. */
  readonly uid: number;
  /** User ids whose files are believed. */
  readonly owners: readonly number[];
  readonly readOnly: boolean;
  readonly files: Files;
  readonly lockTimeoutMs: number;
  readonly now: () => Date;
}
