import { type Stats, statSync } from 'node:fs';
import { PluginError, quote } from '../errors/index.js';

/** What a config says of a device besides its path. */
export interface DeviceNumbers {
  readonly type: string;
  readonly major: number;
  readonly minor: number;
}

/**
 * Look a device of this machine up.
 *
 * @param path - absolute.
 * @throws PluginError `CONFIG_INVALID` where there is none.
 */
export function deviceOnHost(path: string): DeviceNumbers {
  const stat = find(path);
  const type = stat?.isCharacterDevice() === true ? 'c' : stat?.isBlockDevice() === true ? 'b' : undefined;
  if (stat === undefined || type === undefined) {
    throw new PluginError(
      'CONFIG_INVALID',
      `Cannot take the type of ${quote(path)} from the host: it has no such device`,
    );
  }
  const { rdev } = stat;
  // Linux packs 12 bits of major around 20 bits of minor.
  return { type, major: (rdev >>> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00) };
}

function find(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // such as a folder that may not be searched: for us there is no device
  }
}
