import { readdirSync } from 'node:fs';
import { errnoOf, ioError } from './io-error.js';

/** @returns the names in a folder, none if there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return [];
    }
    throw ioError('list a folder', folder, error);
  }
}
