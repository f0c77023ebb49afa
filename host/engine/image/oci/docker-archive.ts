/**
 * What `docker save` and `podman save` write: `manifest.json` names configurations and layers by their paths in the archive.
 *
 * Format: Docker image specification 1.2, "Combined Image JSON + Filesystem Changeset Format". The digests of the layers are in the
 * configuration, of the layers as they are unpacked; the archives hold them so.
 */
import { unsupported } from '../fail.js';
import { readPart } from '../read-part.js';
import { readJsonFile, recordOf } from './blob.js';
import { chooseNamed, severalOf } from './choose.js';
import type { JsonRecord } from './descriptor.js';
import { configOf, isRecord, listOf, own, textOf } from './descriptor.js';
import type { ImageFiles, OpenPart } from './files.js';
import type { OciImage } from './layout.js';
import { checkPlatform, platformOf } from './platform.js';

const MAX_IMAGES = 1000;
const REPACK = 'Copy the image into another kind of archive: skopeo copy docker-archive:FILE oci-archive:OTHER';
const HEX = /^(?:blobs\/sha256\/)?([0-9a-f]{64})(?:\.json)?$/;

/**
 * @param reference - a tag of `RepoTags`; undefined if there is one image alone. @param machine - as `process.arch` has it.
 * @throws PluginError `IMAGE_UNSUPPORTED` as `readLayout`.
 */
export function readDockerArchive(
  files: ImageFiles,
  image: string,
  reference: string | undefined,
  machine: string = process.arch,
): OciImage {
  const manifests = readJsonFile(files, 'manifest.json', image);
  if (!Array.isArray(manifests) || manifests.length > MAX_IMAGES) {
    throw unsupported(image, `manifest.json is no list of at most ${MAX_IMAGES} images`);
  }
  const chosen = chooseNamed(manifests, namesOf, image, reference);
  const wanted = platformOf(machine);
  if (chosen.length > 1) throw severalOf(chosen.length, chosen.flatMap(namesOf), wanted, image);
  const manifest = recordOf(chosen[0], image, 'the entry of manifest.json');
  const path = textOf(own(manifest, 'Config'));
  const hex = HEX.exec(path)?.[1];
  // Docker names the configuration by its digest.
  const expected = hex === undefined ? undefined : { algorithm: 'sha256', hex };
  const configuration = recordOf(readJsonFile(files, path, image, expected), image, 'its configuration');
  checkPlatform(configuration, wanted, image);
  return { layers: layersOf(files, manifest, configuration, image), config: configOf(configuration) };
}

function namesOf(manifest: unknown): readonly string[] {
  const tags = isRecord(manifest) ? own(manifest, 'RepoTags') : undefined;
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
}

function layersOf(files: ImageFiles, manifest: JsonRecord, configuration: JsonRecord, image: string) {
  const paths = listOf(manifest, 'Layers', image, 'manifest.json');
  const rootfs = own(configuration, 'rootfs');
  const digests = listOf(isRecord(rootfs) ? rootfs : {}, 'diff_ids', image, 'its configuration');
  if (paths.length !== digests.length) {
    throw unsupported(image, `it has ${paths.length} layers, and digests of ${digests.length}`);
  }
  return paths.map((path, index) => ({
    digest: textOf(digests[index]),
    open: () => unpacked(files.open(textOf(path), `the layer ${index + 1}`), index + 1, image),
  }));
}

/** The digest is that of the layer as it is unpacked. */
function unpacked(part: OpenPart, number: number, image: string): OpenPart {
  const [first, second] = readPart(part.fd, part.offset, Math.min(2, part.size));
  if (first !== 0x1f || second !== 0x8b) return part;
  part.close();
  throw unsupported(image, `the layer ${number} is packed with gzip, which docker and podman do not do here`, REPACK);
}
