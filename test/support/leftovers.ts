/** What containers can leave behind on a machine: processes, mounts and control groups, found without asking an engine. */
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

export interface FoundProcess {
  readonly pid: number;
  /** The command line, with spaces between the arguments. */
  readonly command: string;
}

export interface ProcessTraits {
  /** What `mountNamespace` said of another process. */
  readonly mountNamespace?: string;
  /** A folder of `/sys/fs/cgroup`, without a slash; what is below it counts, too. */
  readonly cgroup?: string;
}

/** Which mount namespace a process is in, or undefined if it is gone. */
export function mountNamespace(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

/** Every living process with one of these traits, in the order of the pids. A zombie that nobody has reaped counts as gone. */
export function findProcesses({ mountNamespace: namespace, cgroup }: ProcessTraits): FoundProcess[] {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const inNamespace = namespace !== undefined && mountNamespace(Number(name)) === namespace;
      const inCgroup = cgroup !== undefined && `${readText(`/proc/${name}/cgroup`)}/`.includes(`:/${cgroup}/`);
      // Read last, because a process that has ended since then has no state any more.
      const isAlive = (inNamespace || inCgroup) && /^\d+ \(.*\) [^ZX]/s.test(readText(`/proc/${name}/stat`));
      const command = readText(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
      return isAlive ? [{ pid: Number(name), command }] : [];
    });
  return found.sort((a, b) => a.pid - b.pid);
}

/** Where something is mounted in the namespace of a process: each mount point once for each mount on it. */
export function mountPoints(pid: number | 'self'): string[] {
  return readText(`/proc/${pid}/mountinfo`)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (line.split(' ')[4] as string).replace(/\\(\d{3})/g, (_, octal) => octalChar(octal)));
}

/** The folders of a control group of this name, in every hierarchy that has one. */
export function cgroupFolders(name: string): string[] {
  const root = '/sys/fs/cgroup';
  const hierarchies = existsSync(root) ? readdirSync(root).map((entry) => join(root, entry)) : [];
  return [root, ...hierarchies].map((folder) => join(folder, name)).filter((folder) => existsSync(folder));
}

/** The control groups below one of this name, `NAME/…` each. */
export function cgroupChildren(name: string): string[] {
  const below = cgroupFolders(name).flatMap((folder) => subfolders(folder).map((child) => `${name}/${child}`));
  return [...new Set(below)].sort();
}

/** Remove a control group and everything below it. @returns the folders that stay, since a process is in them. */
export function removeCgroup(name: string): string[] {
  const remove = (folder: string): string[] => {
    const stay = subfolders(folder).flatMap((child) => remove(join(folder, child)));
    try {
      rmdirSync(folder);
      return [];
    } catch {
      return [...stay, folder];
    }
  };
  return cgroupFolders(name).flatMap(remove);
}

/** Poll until `look` finds nothing, for at most `timeoutMs`. @returns what it found last. */
export async function settle<T>(look: () => readonly T[], timeoutMs: number = 60_000): Promise<readonly T[]> {
  const end = Date.now() + timeoutMs;
  let found = look();
  while (found.length > 0 && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    found = look();
  }
  return found;
}

function subfolders(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function octalChar(octal: string): string {
  return String.fromCharCode(Number.parseInt(octal, 8));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
