import { createHash } from 'node:crypto';
import { describeComponent, parseInterfaceId } from '../component/index.js';
import { PluginError, quote } from '../errors/index.js';
import {
  DATA_TYPE,
  FS_TYPE,
  PARTITION_TYPE,
  readPartitionExtra,
  readSif,
  type SifImage,
  type SifLimits,
  type SifObject,
} from '../sif/index.js';
import { parseManifest } from './manifest-parse.js';
import type { Manifest } from './manifest-types.js';
import { COMPONENT_OBJECT, MANIFEST_OBJECT, PLUGIN_GROUP } from './pack.js';

/** No package is larger, whoever reads it. A component with a whole JavaScript engine in it has 1 to 12 MiB. */
export const MAX_PACKAGE_BYTES = 64 * 1024 ** 2;

/** What a package may have. */
export const DEFAULT_PACKAGE_LIMITS: SifLimits = {
  maxDescriptors: 256,
  maxObjectBytes: MAX_PACKAGE_BYTES,
  maxFileBytes: MAX_PACKAGE_BYTES,
};

/** A package that was read and checked, but not run. */
export interface PluginPackage {
  readonly manifest: Manifest;
  /** A view onto the file. */
  readonly component: Uint8Array;
  /** `sha256:` and 64 hex digits, over the whole file. */
  readonly digest: string;
  /** Exported interfaces: full ids of the hooks, ours and embedders'. */
  readonly hooks: readonly string[];
  /** Imported interfaces other than WASI's: full ids of the capabilities that it may call. */
  readonly capabilities: readonly string[];
  /** All imports, as named in the component. */
  readonly imports: readonly string[];
  /** What this version does not know and left out of the manifest, one sentence each, safe to print. */
  readonly notes: readonly string[];
}

/**
 * Read a plugin package: a SIF of exactly one component and one manifest, and signatures over them.
 *
 * Runs nothing. The digest and everything else in the result come from the very same bytes, so a caller that keeps
 * `bytes` can rely on what was checked here.
 *
 * @param bytes - the whole file; kept by `component`, not modified.
 * @throws PluginError `SIF_MALFORMED` if it is not a sound SIF; `PACKAGE_INVALID` if it holds anything but a plugin;
 *   `MANIFEST_INVALID`; `COMPONENT_MALFORMED` or `COMPONENT_UNSUPPORTED`; `LIMIT_EXCEEDED`.
 */
export function readPackage(bytes: Uint8Array, limits: SifLimits = DEFAULT_PACKAGE_LIMITS): PluginPackage {
  const image = readSif(bytes, { limits, profile: 'strict' });
  const { component, manifest } = findObjects(image);
  const notes: string[] = [];
  const parsed = parseManifest(manifest.data, { onIgnored: (note) => notes.push(note) });
  const { imports, exports } = describeComponent(component.data);
  return {
    manifest: parsed,
    component: component.data,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    hooks: exports.filter(isOutsideWasi),
    capabilities: imports.filter(isOutsideWasi),
    imports,
    notes,
  };
}

function isOutsideWasi(name: string): boolean {
  const id = parseInterfaceId(name);
  return id !== undefined && id.namespace !== 'wasi';
}

function findObjects({ header, objects }: SifImage): { component: SifObject; manifest: SifObject } {
  if (header.launchScript !== '') throw invalid('it has a launch script');
  let component: SifObject | undefined;
  let manifest: SifObject | undefined;
  for (const object of objects) {
    if (object.type === DATA_TYPE.signature) {
      checkSignature(object);
    } else if (object.name === COMPONENT_OBJECT && component === undefined) {
      component = checkComponent(object);
    } else if (object.name === MANIFEST_OBJECT && manifest === undefined) {
      manifest = checkManifest(object);
    } else {
      throw unexpected(object);
    }
  }
  if (component === undefined) throw invalid(`it holds no ${COMPONENT_OBJECT}`);
  if (manifest === undefined) throw invalid(`it holds no ${MANIFEST_OBJECT}`);
  return { component, manifest };
}

function checkComponent(object: SifObject): SifObject {
  const { fsType, partitionType } = readPartitionExtra(object.extra);
  if (object.type !== DATA_TYPE.partition || fsType !== FS_TYPE.raw || partitionType !== PARTITION_TYPE.data) {
    throw invalid(`its ${COMPONENT_OBJECT} is not a raw data partition`);
  }
  return checkMember(object);
}

function checkManifest(object: SifObject): SifObject {
  if (object.type !== DATA_TYPE.genericJson) throw invalid(`its ${MANIFEST_OBJECT} is not a JSON object`);
  return checkMember(object);
}

function checkMember(object: SifObject): SifObject {
  if (object.group !== PLUGIN_GROUP) {
    throw invalid(`its ${object.name} is in group ${object.group}, it must be in group ${PLUGIN_GROUP}`);
  }
  if (object.link.kind !== 'none') throw invalid(`its ${object.name} links to another object`);
  return object;
}

function checkSignature(object: SifObject): void {
  const { link } = object;
  if (link.kind !== 'group' || link.group !== PLUGIN_GROUP) {
    throw invalid(`its signature, object ${object.id}, is not over group ${PLUGIN_GROUP}`);
  }
}

function unexpected(object: SifObject): PluginError {
  if (object.name === 'plugin.so') {
    return invalid(
      'it is a native Apptainer plugin',
      'Ask its author for a WebAssembly version; native plugins cannot run here.',
    );
  }
  return invalid(`it holds object ${object.id}, ${quote(object.name)}, which no plugin has`);
}

function invalid(reason: string, hint?: string): PluginError {
  return new PluginError('PACKAGE_INVALID', `Cannot read plugin package: ${reason}`, { hint });
}
