import { join } from 'node:path';
import { PluginError } from '../errors/index.js';
import type { StoreContext } from './context.js';
import { ioError } from './io-error.js';
import { packageFileName } from './layout.js';
import { readPackageFile } from './package-file.js';
import type { StoreContent, StoreProblem } from './read-store.js';
import { readRecords } from './read-store.js';
import type { PluginRecord } from './record.js';
import { digestsOf } from './sweep.js';
import { checkFolder } from './trusted-folder.js';

/**
 * Read a store the slow way: no index, and every package, that of the version before too, is hashed. Changes nothing.
 *
 * @returns all readable records; a plugin whose package is damaged is among them and among the problems.
 * @throws PluginError `STORE_REFUSED` if somebody else could have written to the folder of records.
 */
export function checkStore(context: StoreContext): StoreContent {
  const { layout, owners } = context;
  if (checkFolder(layout.plugins, owners) === undefined) {
    return { plugins: [], problems: [], indexed: false };
  }
  const content = readRecords(context);
  const damaged = content.plugins.flatMap((record) => packageProblems(context, record));
  return { ...content, problems: [...content.problems, ...damaged] };
}

function packageProblems(context: StoreContext, record: PluginRecord): StoreProblem[] {
  return digestsOf(record).flatMap((digest) => {
    const file = join(context.layout.packages, packageFileName(digest));
    try {
      readPackageFile(context, { name: record.name, digest });
      return [];
    } catch (error) {
      return [{ file, error: error instanceof PluginError ? error : ioError('check a package', file, error) }];
    }
  });
}
