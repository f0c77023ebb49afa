import { PluginError, quote } from '../../errors/index.js';
import type { OciConfig, OciNamespaceType } from '../../oci/index.js';

/**
 * The namespaces that a container gets, where the engine makes them all.
 *
 * @param who - the engine, as the subject of a sentence.
 * @param uid - of the process that runs the engine; 0 is root.
 * @throws PluginError `CONFIG_INVALID` for one to join, for none of a kind that is needed, and for what the kernel refuses without one.
 */
export function admitNamespaces(who: string, config: OciConfig, uid: number): ReadonlySet<OciNamespaceType> {
  const listed = config.linux?.namespaces ?? [];
  for (const { type, path } of listed) {
    if (path !== undefined && path !== '') {
      throw refused(`the ${type} namespace`, `${who} makes namespaces, it does not join ${quote(path)}`);
    }
  }
  const types = new Set(listed.map(({ type }) => type));
  for (const needed of ['mount', 'pid'] as const) {
    if (!types.has(needed)) {
      throw refused('linux.namespaces', `${who} needs an own ${needed} namespace`);
    }
  }
  const maps = [...(config.linux?.uidMappings ?? []), ...(config.linux?.gidMappings ?? [])];
  if (uid === 0) {
    if (types.has('user') || maps.length > 0) {
      throw refused('the user namespace', `${who} makes one only for an ordinary user`);
    }
  } else if (!types.has('user')) {
    throw refused('linux.namespaces', 'an ordinary user needs a user namespace');
  }
  const sysfs = config.mounts?.find(({ type }) => type === 'sysfs');
  if (types.has('user') && !types.has('network') && sysfs !== undefined) {
    throw refused(`the mount ${quote(sysfs.destination)}`, 'sysfs in a user namespace needs an own network namespace');
  }
  if (config.linux?.rootfsPropagation?.endsWith('shared') === true) {
    throw refused('linux.rootfsPropagation', `${who} keeps the mounts of a container private`);
  }
  return types;
}

/** @returns the error for a part of a config that an engine does not do. */
export function refused(what: string, why: string): PluginError {
  return new PluginError('CONFIG_INVALID', `Cannot run the container: ${what}: ${why}`);
}
