/** Which machine an image is for. */
import { quote } from '../../../errors/index.js';
import { unsupported } from '../fail.js';
import type { JsonRecord, Platform } from './descriptor.js';
import { readPlatform } from './descriptor.js';

/** Go's names of what Node calls the machine. */
const MACHINES: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  ['mipsel', 'mipsle'],
  ['ppc64', 'ppc64le'],
]);

/** @param machine - as `process.arch` has it. */
export function platformOf(machine: string): Platform {
  return { os: 'linux', architecture: MACHINES.get(machine) ?? machine };
}

export function isSame(one: Platform, other: Platform): boolean {
  return one.os === other.os && one.architecture === other.architecture;
}

/** @throws PluginError `IMAGE_UNSUPPORTED` if a configuration is for another machine, or of something else. */
export function checkPlatform(configuration: JsonRecord, wanted: Platform, image: string): void {
  const platform = readPlatform(configuration);
  if (platform === undefined) throw unsupported(image, 'it is no container image: its configuration names no platform');
  if (!isSame(platform, wanted)) {
    throw unsupported(
      image,
      `it is for ${quote(`${platform.os}/${platform.architecture}`)}, this machine is linux/${wanted.architecture}`,
    );
  }
}
