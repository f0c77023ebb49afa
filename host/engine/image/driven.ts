/** Images of no kind that is known here, for which a plugin may be installed. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Dispatcher } from '../../dispatch/index.js';
import { PluginError, quote } from '../../errors/index.js';
import type { Attached } from './attach.js';
import { createImageFolder } from './folder.js';
import { readConfigDefaults } from './oci/index.js';
import { outOfRoom, ROOM_FOR_OTHERS } from './room.js';
import type { ImageDefaults } from './types.js';

export interface OpenDrivenOptions {
  readonly uid: number;
  readonly unpackBase: string;
  readonly onProgress: (text: string) => void;
  /** Asks the plugins. */
  readonly drive: Dispatcher['unpackImage'];
}

/** Whether a failure to tell what an image is leaves something to ask the plugins about. */
export function isUnknownFile(image: string, error: unknown): boolean {
  return (
    error instanceof PluginError &&
    error.code === 'IMAGE_UNSUPPORTED' &&
    statSync(image, { throwIfNoEntry: false })?.isFile() === true
  );
}

/**
 * Let the plugin that claims the image unpack it.
 *
 * @returns undefined if none does. @throws PluginError as the plugin's call. Nothing is left then, in either case.
 */
export async function openDriven(
  image: string,
  { uid, unpackBase, onProgress, drive }: OpenDrivenOptions,
): Promise<(Attached & { readonly defaults: ImageDefaults }) | undefined> {
  const folder = createImageFolder(unpackBase);
  try {
    const rootfs = join(folder.path, 'unpacked');
    mkdirSync(rootfs, { mode: 0o700 });
    onProgress(`Asking plugins about ${quote(image)}`);
    // As for layers: the folder above is closed, and a container gains nothing by set-user-id programs.
    const unpacked = await drive(image, rootfs, { policy: { ...ROOM_FOR_OTHERS, setuid: uid === 0 } });
    if (unpacked === undefined) {
      folder.remove();
      return undefined;
    }
    const { env, entrypoint, command, cwd = '', user = '' } = unpacked.config;
    const config = { Env: env, Entrypoint: entrypoint, Cmd: command, WorkingDir: cwd, User: user };
    return { rootfs, defaults: readConfigDefaults(config, rootfs, image), remove: () => folder.remove() };
  } catch (error) {
    folder.remove();
    throw error instanceof PluginError && error.details.full === true ? outOfRoom(image, error) : error;
  }
}
