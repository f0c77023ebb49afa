import { capabilities } from '../abi/index.js';
import { PluginError } from '../errors/index.js';
import type { SyncCapability } from '../sandbox/index.js';
import { imageCapability, type OpenImageFile } from './image.js';
import type { Rootfs } from './rootfs/index.js';
import { type OpenRootfs, rootfsCapability } from './rootfs-entries.js';

/** What one call of an image-driver may use. */
export interface ImageCall {
  readonly image: OpenImageFile;
  /** Only where the driver is to unpack. */
  readonly rootfs?: Rootfs | undefined;
}

/** The capabilities `image` and `rootfs` of one instance: they refuse, but for the length of a call. */
export interface ImageAccess {
  /**
   * For whoever makes the instance, by full interface id.
   *
   * @param messageBytes - the most that an answer may have.
   */
  capabilities(messageBytes: number): readonly { readonly id: string; readonly answer: SyncCapability }[];
  /** Open them while `act` runs. One at a time: an overlap is a PluginError `HOST_BUG`. */
  during<T>(call: ImageCall, act: () => Promise<T>): Promise<T>;
}

/** Both capabilities, closed. */
export function imageAccess(): ImageAccess {
  let image: OpenImageFile | undefined;
  let root: OpenRootfs | undefined;
  return {
    capabilities: (messageBytes) => [
      { id: capabilities.image.id, answer: imageCapability(() => image, messageBytes) },
      { id: capabilities.rootfs.id, answer: rootfsCapability(() => root) },
    ],
    async during(call, act) {
      if (image !== undefined) {
        throw new PluginError('HOST_BUG', 'Cannot open an image for a call: another call has one open');
      }
      image = call.image;
      root = call.rootfs === undefined ? undefined : { rootfs: call.rootfs, file: undefined };
      try {
        return await act();
      } finally {
        image = undefined;
        root = undefined;
      }
    },
  };
}
