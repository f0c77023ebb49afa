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
import { readJsonBlob, readJsonFile } from './blob.js';
import type { Descriptor, JsonRecord, Platform } from './descriptor.js';
import { isRecord, own, readDescriptor, readPlatform, textOf } from './descriptor.js';

export interface OciImage {
  /** Lowest first. */
  readonly layers: readonly Descriptor[];
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
/** Entries of one index, and layers of one image. */
const MAX_ENTRIES = 1000;
/** An index may name another one; nothing needs more. */
const MAX_DEPTH = 4;
const MAX_DOCUMENTS = 100;

/** Go's names of what Node calls the machine. */
const MACHINES: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  ['mipsel', 'mipsle'],
  ['ppc64', 'ppc64le'],
]);

/**
 * Read the documents of a layout; the digest of each is compared, and nothing of the layers is read.
 *
 * @param layout - the folder. @param machine - as `process.arch` has it.
 * @throws PluginError `IMAGE_UNSUPPORTED` if something is broken or missing, or not exactly one image is for this machine.
 */
export function readLayout(layout: string, image: string, machine: string = process.arch): OciImage {
  const version = own(readJsonFile(layout, 'oci-layout', image), 'imageLayoutVersion');
  if (!/^1\./.test(textOf(version))) {
    throw unsupported(image, `its layout has the version ${quote(textOf(version))}, only 1 is known`);
  }
  const wanted: Platform = { os: 'linux', architecture: MACHINES.get(machine) ?? machine };
  const search = { layout, image, wanted, documents: 0 };
  const found = manifestsOf(search, readJsonFile(layout, 'index.json', image), 'index.json', 0);
  const distinct = new Map(found.map((one) => [`${one.algorithm}:${one.hex}`, one]));
  const [manifest, another] = [...distinct.values()];
  if (manifest === undefined) {
    throw unsupported(
      image,
      `it has no image for linux/${wanted.architecture}`,
      'Copy the image for this machine into the layout.',
    );
  }
  if (another !== undefined) {
    throw unsupported(
      image,
      `it has ${distinct.size} images for linux/${wanted.architecture}`,
      'Copy the one that is meant into a layout of its own, for example with skopeo.',
    );
  }
  return readManifest(search, manifest);
}

interface Search {
  readonly layout: string;
  readonly image: string;
  readonly wanted: Platform;
  documents: number;
}

function manifestsOf(search: Search, index: JsonRecord, what: string, depth: number): Descriptor[] {
  const { image, wanted, layout } = search;
  search.documents += 1;
  if (depth > MAX_DEPTH || search.documents > MAX_DOCUMENTS)
    throw unsupported(image, 'its indexes are nested too deeply');
  return listOf(index, 'manifests', image, what).flatMap((value) => {
    const entry = readDescriptor(value, image, what);
    const { platform } = entry;
    if (INDEX_TYPES.includes(entry.mediaType)) {
      const name = `the index ${entry.algorithm}:${entry.hex}`;
      return manifestsOf(search, readJsonBlob(layout, entry, image), name, depth + 1);
    }
    // Signatures and the like are manifests too, of other kinds.
    if (!MANIFEST_TYPES.includes(entry.mediaType)) return [];
    return platform === undefined || isSame(platform, wanted) ? [entry] : [];
  });
}

function readManifest({ layout, image, wanted }: Search, descriptor: Descriptor): OciImage {
  const manifest = readJsonBlob(layout, descriptor, image);
  const what = 'its manifest';
  const configuration = readJsonBlob(layout, readDescriptor(own(manifest, 'config'), image, what), image);
  const platform = readPlatform(configuration);
  if (platform === undefined) throw unsupported(image, 'it is no container image: its configuration names no platform');
  if (!isSame(platform, wanted)) {
    throw unsupported(
      image,
      `it is for ${quote(`${platform.os}/${platform.architecture}`)}, this machine is linux/${wanted.architecture}`,
    );
  }
  const layers = listOf(manifest, 'layers', image, what).map((value) => readDescriptor(value, image, what));
  const config = own(configuration, 'config');
  return { layers, config: isRecord(config) ? config : {} };
}

function listOf(record: JsonRecord, name: string, image: string, what: string): readonly unknown[] {
  const value = own(record, name);
  if (!Array.isArray(value)) throw unsupported(image, `${what} has no list ${quote(name)}`);
  if (value.length > MAX_ENTRIES) {
    throw unsupported(image, `${what} has ${value.length} entries in ${quote(name)}, at most ${MAX_ENTRIES} are read`);
  }
  return value;
}

function isSame(one: Platform, other: Platform): boolean {
  return one.os === other.os && one.architecture === other.architecture;
}
