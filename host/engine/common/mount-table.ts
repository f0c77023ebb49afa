/**
 * What is mounted where on the host, from /proc/self/mountinfo.
 *
 * A bind mount starts with the flags of the mount it comes from, but a later `remount,ro` replaces them: without care
 * "read-only" would drop `nosuid`, and in a user namespace the kernel refuses that outright. And `ro` reaches one mount
 * only, not those below it. Both need this table.
 *
 * Format: proc(5), "/proc/pid/mountinfo".
 */

export interface HostMount {
  readonly path: string;
  /** Those of `ro`, `nosuid`, `nodev`, `noexec` that are set. */
  readonly flags: readonly MountFlag[];
}

export type MountFlag = 'ro' | 'nosuid' | 'nodev' | 'noexec';

const FLAGS: readonly string[] = ['ro', 'nosuid', 'nodev', 'noexec'];

/** @param text - the whole of mountinfo. @returns mounts in file order: of two on one path the later one is on top. */
export function parseMountInfo(text: string): HostMount[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    const [path, options] = [fields[4], fields[5]];
    if (path === undefined || options === undefined) {
      return [];
    }
    return [{ path: unescapeOctal(path), flags: options.split(',').filter(isFlag) }];
  });
}

/** The mount that `path` lies in. @param path - absolute and free of symbolic links. */
export function mountOf(mounts: readonly HostMount[], path: string): HostMount | undefined {
  let best: HostMount | undefined;
  for (const mount of mounts) {
    if (isWithin(path, mount.path) && mount.path.length >= (best?.path.length ?? 0)) {
      best = mount;
    }
  }
  return best;
}

/** The mounts strictly below `path`, each path once, parents first. */
export function mountsBelow(mounts: readonly HostMount[], path: string): HostMount[] {
  const top = new Map(mounts.map((mount) => [mount.path, mount]));
  return [...top.values()]
    .filter((mount) => mount.path !== path && isWithin(mount.path, path))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Whether `path` is `folder` or lies below it, by names alone. */
export function isWithin(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}

function isFlag(option: string): option is MountFlag {
  return FLAGS.includes(option);
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
