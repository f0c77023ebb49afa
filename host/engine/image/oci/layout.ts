/**
 * From an OCI image layout to the one image in it that is for this machine.
 *
 *   oci-layout, index.json -> (index ->) manifest -> config, layers
 *
 * Format: OCI image specification 1.1, "Image Layout", "Image Index", "Image Manifest", "Image Configuration". Docker's manifests, which
 * `skopeo` and others copy as they are, have the same fields.
 */
import { quote } from '../../../errors/index.js';
import { unsupported } from '../fail.js';
import { openBlob, readJsonBlob, readJsonFile, recordOf } from './blob.js';
import { chooseNamed, listed, severalOf } from './choose.js';
import type { Descriptor, JsonRecord, Platform } from './descriptor.js';
import { configOf, isRecord, listOf, own, readDescriptor, textOf } from './descriptor.js';
import type { ImageFiles, OpenPart } from './files.js';
import { checkPlatform, isSame, platformOf } from './platform.js';

/** A layer, not opened yet. */
export interface ImageLayer {
  /** `sha256:…` */
  readonly digest: string;
  /** @returns a file that the caller closes. @throws PluginError `IMAGE_UNSUPPORTED` */
  open(): OpenPart;
}

export interface OciImage {
  /** Lowest first. */
  readonly layers: readonly ImageLayer[];
  /** The field `config` of the configuration; empty if it has none. */
  readonly config: JsonRecord;
}

const INDEX_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const MANIFEST_TYPES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
/** An index may name another one; nothing needs more. */
const MAX_DEPTH = 4;
const MAX_DOCUMENTS = 100;

/** What image indexes say about an entry beside its descriptor: how users name it. */
const NAME_ANNOTATIONS = ['org.opencontainers.image.ref.name', 'io.containerd.image.name'] as const;

/**
 * Read the documents of a layout; the digest of each is compared, and nothing of the layers is read.
 *
 * @param reference - which of its images, as the index names them; undefined if there is one alone.
 * @param machine - as `process.arch` has it.
 * @throws PluginError `IMAGE_UNSUPPORTED` if something is broken or missing, or not exactly one image is meant and for this machine.
 */
export function readLayout(
  files: ImageFiles,
  image: string,
  reference: string | undefined,
  machine: string = process.arch,
): OciImage {
  const document = (name: string) => recordOf(readJsonFile(files, name, image), image, name);
  const version = own(document('oci-layout'), 'imageLayoutVersion');
  if (!/^1\./.test(textOf(version))) {
    throw unsupported(image, `its layout has the version ${quote(textOf(version))}, only 1 is known`);
  }
  const wanted = platformOf(machine);
  const search: Search = { files, image, wanted, documents: 0, others: new Set() };
  const entries = chooseNamed(
    listOf(document('index.json'), 'manifests', image, 'index.json'),
    namesOf,
    image,
    reference,
  );
  const found = manifestsOf(search, entries, 'index.json', 0);
  const distinct = new Map(found.map((one) => [`${one.algorithm}:${one.hex}`, one]));
  const [manifest, another] = [...distinct.values()];
  if (manifest === undefined) throw noneForUs(search);
  if (another !== undefined) throw severalOf(distinct.size, entries.flatMap(namesOf), wanted, image);
  return readManifest(search, manifest);
}

function namesOf(entry: unknown): readonly string[] {
  const annotations = isRecord(entry) ? own(entry, 'annotations') : undefined;
  if (!isRecord(annotations)) return [];
  return NAME_ANNOTATIONS.map((name) => textOf(own(annotations, name))).filter((name) => name !== '');
}

function noneForUs({ image, wanted, others }: Search) {
  const there = others.size === 0 ? '' : `, but for ${listed([...others])}`;
  return unsupported(
    image,
    `it has no image for linux/${wanted.architecture}${there}`,
    'Copy the image for this machine into the layout.',
  );
}

interface Search {
  readonly files: ImageFiles;
  readonly image: string;
  readonly wanted: Platform;
  documents: number;
  /** Platforms that were passed over. */
  readonly others: Set<string>;
}

function manifestsOf(search: Search, entries: readonly unknown[], what: string, depth: number): Descriptor[] {
  const { image, wanted, files, others } = search;
  search.documents += 1;
  if (depth > MAX_DEPTH || search.documents > MAX_DOCUMENTS)
    throw unsupported(image, 'its indexes are nested too deeply');
  return entries.flatMap((value) => {
    const entry = readDescriptor(value, image, what);
    const { platform } = entry;
    if (INDEX_TYPES.includes(entry.mediaType)) {
      const name = `the index ${entry.algorithm}:${entry.hex}`;
      const inner = listOf(readJsonBlob(files, entry, image), 'manifests', image, name);
      return manifestsOf(search, inner, name, depth + 1);
    }
    // Signatures and the like are manifests too, of other kinds.
    if (!MANIFEST_TYPES.includes(entry.mediaType)) return [];
    if (platform === undefined || isSame(platform, wanted)) return [entry];
    others.add(`${platform.os}/${platform.architecture}`);
    return [];
  });
}

function readManifest({ files, image, wanted }: Search, descriptor: Descriptor): OciImage {
  const manifest = readJsonBlob(files, descriptor, image);
  const what = 'its manifest';
  const configuration = readJsonBlob(files, readDescriptor(own(manifest, 'config'), image, what), image);
  checkPlatform(configuration, wanted, image);
  const layers = listOf(manifest, 'layers', image, what).map((value) => {
    const layer = readDescriptor(value, image, what);
    return { digest: `${layer.algorithm}:${layer.hex}`, open: () => openBlob(files, layer, image) };
  });
  return { layers, config: configOf(configuration) };
}
