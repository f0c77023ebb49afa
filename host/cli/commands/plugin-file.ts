/** NAME|FILE: an installed plugin or a package file. */
import { resolve } from 'node:path';
import { PluginError } from '../../errors/index.js';
import { MAX_PACKAGE_BYTES } from '../../package/index.js';
import type { InstalledPlugin } from '../../store/index.js';
import type { CommandContext } from '../context.js';
import { didYouMean, nearest } from '../nearest.js';
import { readBoundedFile } from '../read-file.js';
import type { Stores } from '../stores.js';

export type Found =
  | { readonly kind: 'installed'; readonly plugin: InstalledPlugin }
  | { readonly kind: 'file'; readonly bytes: Uint8Array };

/**
 * Whether a word can only be a path.
 *
 * A plugin's name may look like a relative path (`example.com/foo`), and then the installed plugin wins: upstream prefers the
 * path, so that whoever owns the working folder chooses what the operator looks at.
 */
export function looksLikePath(word: string): boolean {
  return /^(\/|\.\.?\/|~)/.test(word) || word.endsWith('.sif');
}

/** Neither installed nor a file. The hint names what may have been meant. */
export function noSuchPlugin(stores: Stores, word: string, cause?: unknown): PluginError {
  const meant = similarNames(stores, word);
  return new PluginError('PLUGIN_NOT_FOUND', 'plugin not found', {
    cause,
    hint: meant.length === 0 ? 'See "wasm-plugin list" for what is installed' : didYouMean(meant),
  });
}

/** Installed plugins of which the word is the last part (`foo` for `example.com/foo`), else those of a near spelling. */
function similarNames(stores: Stores, word: string): readonly string[] {
  const names = namesIn(stores);
  const same = names.filter((name) => name.endsWith(`/${word}`));
  if (word !== '' && same.length > 0) return same;
  const near = nearest(word, names);
  if (near.length > 0) return near;
  const lasts = new Set(nearest(word, names.map(lastPart)));
  return names.filter((name) => lasts.has(lastPart(name)));
}

/** A store that cannot be read has been reported already, or will be. */
function namesIn(stores: Stores): readonly string[] {
  try {
    return stores.summaries().plugins.map(({ name }) => name);
  } catch {
    return [];
  }
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** @throws PluginError `PLUGIN_NOT_FOUND` (`plugin not found`) if it is neither; what reading it throws. */
export async function findPlugin({ stores, io }: CommandContext, word: string): Promise<Found> {
  if (!looksLikePath(word)) {
    const plugin = stores.find(word);
    if (plugin !== undefined) return { kind: 'installed', plugin };
  }
  try {
    return { kind: 'file', bytes: readBoundedFile(resolve(io.cwd, word), MAX_PACKAGE_BYTES) };
  } catch (error) {
    if (looksLikePath(word) || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw noSuchPlugin(stores, word, error);
  }
}
