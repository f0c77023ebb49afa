import { type Stats, statSync } from 'node:fs';
import { PluginError, quote } from '../../errors/index.js';
import type { OciDevice } from '../../oci/index.js';

/**
 * Hold a device of a config to its name: the same number under another path would be another device than the one that is read there.
 *
 * @param engine - for the message.
 * @returns what the host has there.
 * @throws PluginError `CONFIG_INVALID` if it is not in /dev, or not the host's device of this path.
 */
export function hostDevice({ path, type, major, minor }: OciDevice, engine: string): Stats {
  const stat = statSync(path, { throwIfNoEntry: false });
  const kind = stat?.isCharacterDevice() === true ? 'c' : stat?.isBlockDevice() === true ? 'b' : 'none';
  const wanted = type === 'u' ? 'c' : type;
  // Linux packs 12 bits of major around 20 bits of minor.
  const rdev = stat?.rdev ?? 0;
  const [hostMajor, hostMinor] = [(rdev >>> 8) & 0xfff, (rdev & 0xff) | ((rdev >>> 12) & 0xfff00)];
  if (
    stat === undefined ||
    kind !== wanted ||
    (major ?? hostMajor) !== hostMajor ||
    (minor ?? hostMinor) !== hostMinor
  ) {
    throw refused(path, `the ${engine} engine can only pass on the same device of the host`);
  }
  if (!path.startsWith('/dev/')) {
    throw refused(path, 'it must lie in /dev');
  }
  return stat;
}

function refused(path: string, why: string): PluginError {
  return new PluginError('CONFIG_INVALID', `Cannot run the container: the device ${quote(path)}: ${why}`);
}
