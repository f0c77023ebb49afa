import { randomUUID } from 'node:crypto';

/** What podman binds from its folder of the container into every one. */
const OWN_FILES = ['/run/.containerenv', '/etc/hostname', '/etc/hosts', '/etc/resolv.conf', '/dev/shm'];
const SOURCE = /^(\/(?:[^/]+\/)*[a-z]+-containers\/([0-9a-f]{64})\/userdata)\/[^/]+$/;
const MAX_PATH_CHARS = 4096;

/**
 * Whose config it is that podman's precreate hook gets: only the sources of those mounts tell.
 *
 * Nothing else of it is looked at, since an image chooses arguments and variables. Where the mounts disagree nothing is known: somebody
 * has put a folder of the same shape in the place of one.
 *
 * @returns for a config that does not tell, an id that nobody else has, and the bundle `''`.
 */
export function podmanFacts(config: { readonly mounts?: unknown }): { readonly id: string; readonly bundle: string } {
  const mounts: readonly unknown[] = Array.isArray(config.mounts) ? config.mounts : [];
  const found = mounts.flatMap((mount) => {
    const { destination, source } = (mount ?? {}) as { destination?: unknown; source?: unknown };
    const isOwn = OWN_FILES.includes(destination as string);
    const match = isOwn && typeof source === 'string' ? SOURCE.exec(source.slice(0, MAX_PATH_CHARS)) : null;
    return match === null ? [] : [{ id: match[2] as string, bundle: match[1] as string }];
  });
  const [first] = found;
  return first !== undefined && found.every(({ id }) => id === first.id) ? first : { id: randomUUID(), bundle: '' };
}
