/** NAME|FILE: an installed plugin or a package file. */
import { resolve } from 'node:path';
import { PluginError } from '../../errors/index.js';
import { MAX_PACKAGE_BYTES } from '../../package/index.js';
import type { InstalledPlugin } from '../../store/index.js';
import type { CommandContext } from '../context.js';
import { readBoundedFile } from '../read-file.js';

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

/** Neither installed nor a file. */
export function noSuchPlugin(cause?: unknown): PluginError {
  return new PluginError('PLUGIN_NOT_FOUND', 'plugin not found', {
    cause,
    hint: 'See "wasm-plugin list" for what is installed',
  });
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
    throw noSuchPlugin(error);
  }
}
