import { describeComponent } from '../component/index.js';
import { DATA_TYPE, FS_TYPE, PARTITION_TYPE, partitionExtra, writeSif } from '../sif/index.js';
import { formatManifest } from './manifest-format.js';
import { parseManifest } from './manifest-parse.js';
import type { ManifestSource } from './manifest-types.js';
import { padComponent } from './pad.js';

export const COMPONENT_OBJECT = 'plugin.wasm';
export const MANIFEST_OBJECT = 'plugin.manifest';
/** Both objects, so that one signature over it covers them. */
export const PLUGIN_GROUP = 1;

export interface PackOptions {
  /** A WebAssembly component; copied. */
  readonly component: Uint8Array;
  /** As `readPackage` gives it, or as `JSON.parse` makes it of a `plugin.json`. */
  readonly manifest: ManifestSource;
}

/**
 * Pack a component and its manifest into one SIF.
 *
 * Deterministic: the same two inputs give the same bytes on every machine. Architecture `00`, since a component runs on
 * any. Components under 2048 bytes are padded, see `padComponent`.
 *
 * @returns the file's bytes, which `readPackage` accepts.
 * @throws PluginError `MANIFEST_INVALID` with every problem; `COMPONENT_MALFORMED`, `COMPONENT_UNSUPPORTED` or
 *   `LIMIT_EXCEEDED` if `component` is not one that could be loaded.
 */
export function packPlugin({ component, manifest }: PackOptions): Uint8Array {
  const manifestBytes = formatManifest(parseManifest(new TextEncoder().encode(JSON.stringify(manifest))));
  parseManifest(manifestBytes);
  describeComponent(component);
  return writeSif([
    {
      type: DATA_TYPE.partition,
      name: COMPONENT_OBJECT,
      data: padComponent(component),
      group: PLUGIN_GROUP,
      extra: partitionExtra({ fsType: FS_TYPE.raw, partitionType: PARTITION_TYPE.data, arch: '00' }),
    },
    { type: DATA_TYPE.genericJson, name: MANIFEST_OBJECT, data: manifestBytes, group: PLUGIN_GROUP },
  ]);
}
