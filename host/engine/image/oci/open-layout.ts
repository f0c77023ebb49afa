import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createRootfs } from '../../../capability/index.js';
import { quote } from '../../../errors/index.js';
import type { Attached } from '../attach.js';
import { createImageFolder } from '../folder.js';
import type { LayerFile } from '../layer-file.js';
import { finishRoot, unpackLayers } from '../layers.js';
import { outOfRoom, ROOM_FOR_OTHERS } from '../room.js';
import type { ImageDefaults } from '../types.js';
import { readConfigDefaults } from './config-defaults.js';
import { readDockerArchive } from './docker-archive.js';
import type { ImageFiles, OpenPart } from './files.js';
import { type ImageLayer, type OciImage, readLayout } from './layout.js';

export interface OpenLayoutOptions {
  readonly uid: number;
  readonly unpackBase: string;
  readonly onProgress: (text: string) => void;
  readonly onWarning: (text: string) => void;
}

const MIB = 2 ** 20;

/** An image in layers: where its files are, and which of several is meant. */
export interface LayeredSource {
  readonly format: 'oci' | 'docker';
  readonly files: ImageFiles;
  readonly reference: string | undefined;
}

/**
 * Unpack the image of a layout or archive that is for this machine.
 *
 * @throws PluginError `IMAGE_UNSUPPORTED`; `LIMIT_EXCEEDED` if it is larger than a root may be. Nothing is left then.
 */
export async function openLayout(
  source: LayeredSource,
  image: string,
  options: OpenLayoutOptions,
): Promise<Attached & { readonly defaults: ImageDefaults }> {
  const { layers, config } = readSource(source, image);
  const folder = createImageFolder(options.unpackBase);
  try {
    const rootfs = join(folder.path, 'unpacked');
    mkdirSync(rootfs, { mode: 0o700 });
    await fill(rootfs, layers, image, options);
    const defaults = readConfigDefaults(config, rootfs, image);
    return { rootfs, defaults, remove: () => folder.remove() };
  } catch (error) {
    folder.remove();
    throw error;
  }
}

/** What a run of the layout would be, from its documents alone. @throws PluginError `IMAGE_UNSUPPORTED` */
export function previewLayout(source: LayeredSource, image: string): ImageDefaults {
  return readConfigDefaults(readSource(source, image).config, undefined, image);
}

function readSource({ format, files, reference }: LayeredSource, image: string): OciImage {
  return (format === 'oci' ? readLayout : readDockerArchive)(files, image, reference);
}

async function fill(
  target: string,
  layers: readonly ImageLayer[],
  image: string,
  { uid, onProgress, onWarning }: OpenLayoutOptions,
): Promise<void> {
  const files: (LayerFile & OpenPart)[] = [];
  // Set-user-id programs stay what they are: the folder above is closed, and a container gains nothing by them.
  const root = createRootfs(target, { ...ROOM_FOR_OTHERS, setuid: uid === 0 });
  try {
    for (const { digest, open } of layers) files.push({ ...open(), digest });
    const { xattrs } = await unpackLayers(files, root, {
      image,
      onProgress: (done, all) =>
        onProgress(`Unpacking ${quote(image)}: ${Math.round(done / MIB)} of ${Math.round(all / MIB)} MiB`),
    });
    if (xattrs > 0) onWarning(`${xattrs} files of the image lose their extended attributes, such as file capabilities`);
    finishRoot(root, image);
  } catch (error) {
    throw root.usage.full ? outOfRoom(image, error) : error;
  } finally {
    root[Symbol.dispose]();
    for (const { close } of files) close();
  }
}
