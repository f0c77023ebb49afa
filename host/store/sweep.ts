/** Removing what killed writers left, and packages that nothing names any more. Only under the lock; failures are left to the next writer. */
import { dirname, join } from 'node:path';
import type { StoreContext } from './context.js';
import { attempt } from './files.js';
import { CODE_FILE, KV_FOLDER, PACKAGE_FILE, packageFileName, TEMP_PREFIX } from './layout.js';
import { sweepLocks } from './lock.js';
import { namesIn } from './names-in.js';
import type { StoreContent } from './read-store.js';
import type { PluginRecord } from './record.js';

/** Files that never became complete: nobody writes now, so they have no owner. */
export function sweepTemps({ files, layout }: StoreContext): void {
  for (const folder of [layout.plugins, layout.packages, layout.code, dirname(layout.index)]) {
    for (const name of namesIn(folder).filter((entry) => entry.startsWith(TEMP_PREFIX))) {
      attempt(() => files.remove(join(folder, name)));
    }
  }
  attempt(() => sweepLocks(layout.lock));
}

/**
 * Packages and key-value folders without a record.
 *
 * As long as some record cannot be read, no package goes: it may be that record's. Anything that is not named as this store
 * names things is not ours and stays.
 */
export function sweepUnreferenced(
  { files, layout }: StoreContext,
  content: StoreContent,
  keep: readonly string[],
): void {
  const recordNames = new Set(namesIn(layout.plugins));
  for (const name of namesIn(layout.kv)) {
    if (KV_FOLDER.test(name) && !recordNames.has(`${name}.json`)) {
      attempt(() => files.removeFolder(join(layout.kv, name)));
    }
  }
  if (content.problems.length > 0) {
    return;
  }
  const referenced = new Set([...keep, ...content.plugins.flatMap(digestsOf)].map(packageFileName));
  for (const name of namesIn(layout.packages)) {
    if (PACKAGE_FILE.test(name) && !referenced.has(name)) {
      attempt(() => files.remove(join(layout.packages, name)));
    }
  }
  for (const name of namesIn(layout.code)) {
    const digest = CODE_FILE.exec(name)?.[1];
    if (digest !== undefined && !referenced.has(`${digest}.sif`)) {
      attempt(() => files.remove(join(layout.code, name)));
    }
  }
}

/** The packages that a record needs: the installed one and the one to roll back to. */
export function digestsOf({ digest, previous }: PluginRecord): string[] {
  return previous === null ? [digest] : [digest, previous.digest];
}
