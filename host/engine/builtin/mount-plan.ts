/**
 * From the mounts of a config to the lines that `mount --all` reads.
 *
 *   image -> overlay on ROOT -> /dev skeleton -> the config's mounts in order -> devices -> masked and read-only paths
 *
 * The root is always an overlay, so that mount points which the image lacks can be made without touching the image:
 * in the upper layer of a writable root, in a lower one above the image of a read-only root.
 */
import { realpathSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { PluginError, quote } from '../../errors/index.js';
import type { OciConfig, OciMount } from '../../oci/index.js';
import type { ContainerView, HostMount, MountFlag } from '../common/index.js';
import {
  copyDirectory,
  createContainerView,
  isWithin,
  mountOf,
  mountsBelow,
  prepareMountPoint,
} from '../common/index.js';
import type { FstabLine } from './fstab.js';
import { parseMountOptions } from './mount-options.js';

/**
 * Mounts that are made together, after `touch` (absolute host paths of files to make first).
 *
 * `mount --all` takes what has the same source and target as a mount that it finds for made already, and leaves it out, whatever the
 * options: a path would stay writable or in sight. So where something is mounted, the next mount is made one by one.
 */
export interface MountStep {
  readonly touch: string[];
  readonly lines: FstabLine[];
  readonly oneByOne: boolean;
}

export interface MountPlanInput {
  readonly config: OciConfig;
  /** Real path of the image directory. */
  readonly rootfs: string;
  /** Folders of this run: `image` (link to `rootfs`), `root`, `upper`, `work`, `points` and the filled `dev`. */
  readonly runDir: string;
  readonly hostMounts: readonly HostMount[];
  /** Whether the container gets a user namespace. */
  readonly userNamespace: boolean;
  readonly onWarning: (text: string) => void;
}

/** Device nodes that every container has. */
export const BASE_DEVICES: readonly string[] = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/** Kernel file systems by type, with the host folder that shows what they will hold. */
const KERNEL_TYPES: Readonly<Record<string, string>> = {
  proc: '/proc',
  sysfs: '/sys',
  devpts: '/dev/pts',
  mqueue: '/dev/mqueue',
};

/**
 * Plan all mounts of one container, and make the mount points that can be made now.
 *
 * @returns steps in order; within a step, lines in order. Overlay layers are relative to `runDir`, which must be the
 *   working directory of `mount`: their option syntax has no safe way to write every path.
 * @throws PluginError `CONFIG_INVALID` naming the mount that cannot be honoured.
 */
export function planMounts(input: MountPlanInput): MountStep[] {
  const { config, rootfs, runDir } = input;
  const root = join(runDir, 'root');
  const readOnly = config.root?.readonly === true;
  const layer = join(runDir, readOnly ? 'points' : 'upper');
  // A temporary directory is often 0700; as a root that would lock out every user but its owner.
  copyDirectory(rootfs, layer, 0o055);

  const view = createContainerView({ kind: 'image', path: rootfs, layer });
  const steps: MountStep[] = [
    { touch: [], lines: [overlayLine(root, readOnly, input.userNamespace)], oneByOne: false },
  ];
  const planner = new Planner(input, view, root, steps);

  const mounts = config.mounts ?? [];
  if (!mounts.some(({ destination }) => cleanPath(destination) === '/dev')) {
    planner.addDev();
  }
  mounts.forEach((mount) => {
    addMount(planner, mount);
  });
  for (const device of config.linux?.devices ?? []) {
    planner.bindDevice(device.path);
  }
  config.linux?.maskedPaths?.forEach((path) => {
    planner.mask(path);
  });
  config.linux?.readonlyPaths?.forEach((path) => {
    planner.protect(path);
  });
  return steps;
}

/** A failure tells which mount it is about in `details` too: the caller may know who asked for that. */
function addMount(planner: Planner, mount: OciMount): void {
  try {
    planner.add(mount);
  } catch (error) {
    if (!(error instanceof PluginError)) {
      throw error;
    }
    const { code, message, hint, cause, details } = error;
    throw new PluginError(code, message, { hint, cause, details: { ...details, mount: mount.destination } });
  }
}

function overlayLine(root: string, readOnly: boolean, userNamespace: boolean): FstabLine {
  const layers = readOnly ? ['lowerdir=points:image', 'ro'] : ['lowerdir=image', 'upperdir=upper', 'workdir=work'];
  // Trusted attributes are out of reach in a user namespace.
  const attributes = userNamespace ? ['userxattr'] : [];
  // Device nodes of an image are never devices here: /dev is made by us.
  return { source: 'overlay', target: root, type: 'overlay', options: [...layers, ...attributes, 'nodev'] };
}

class Planner {
  /** Restrictions that each mounted path already has, which a remount must repeat. */
  private readonly flagsOf = new Map<string, readonly MountFlag[]>();
  /** Where something is mounted, out of sight or not. */
  private readonly targets = new Set<string>();

  constructor(
    private readonly input: MountPlanInput,
    private readonly view: ContainerView,
    private readonly root: string,
    private readonly steps: MountStep[],
  ) {
    this.flagsOf.set('/', input.config.root?.readonly === true ? ['nodev', 'ro'] : ['nodev']);
  }

  addDev(): void {
    const dev = join(this.input.runDir, 'dev');
    const path = this.prepare('/dev', 'directory');
    this.push(dev, path, 'none', ['bind', 'ro', 'nosuid', 'noexec']);
    this.note(path, { kind: 'own', path: dev }, 'directory', ['ro', 'nosuid', 'noexec']);
    for (const name of BASE_DEVICES) {
      this.bindDevice(`/dev/${name}`);
    }
  }

  /** The host's node of the same path; `admit` has compared its numbers. */
  bindDevice(destination: string): void {
    if (this.flagsOf.has(destination)) {
      return;
    }
    const path = this.prepare(destination, 'file');
    this.pushDevice(destination, path);
  }

  // Read-only: it does not stop writing to the device, but root of a container owns the host's node and could change its mode.
  private pushDevice(device: string, path: string): void {
    const own = mountOf(this.input.hostMounts, device)?.flags ?? [];
    this.push(device, path, 'none', ['bind', ...merge(own, new Set(['ro']))]);
    this.note(path, { kind: 'bind', path: device }, 'file', ['ro']);
  }

  add(mount: OciMount): void {
    const destination = cleanPath(mount.destination);
    const options = parseMountOptions(mount);
    if (destination === '/') {
      throw refused(mount, 'the root itself cannot be a mount of the list');
    }
    if (isWithin(destination, '/proc') && destination !== '/proc') {
      throw refused(mount, 'nothing may be mounted over parts of /proc');
    }
    if (destination === '/dev') {
      if (mount.type !== 'tmpfs') {
        throw refused(mount, 'the builtin engine makes /dev itself, with a few devices');
      }
      this.addDev();
      return;
    }
    if (options.bind) {
      this.addBind(mount, destination);
      return;
    }
    const type = mount.type ?? '';
    if (type === 'cgroup' || type === 'cgroup2') {
      this.input.onWarning(`the builtin engine leaves out the cgroup mount on ${quote(mount.destination)}`);
      return;
    }
    const host = Object.hasOwn(KERNEL_TYPES, type) ? KERNEL_TYPES[type] : undefined;
    if (host === undefined && type !== 'tmpfs') {
      throw refused(mount, `the builtin engine does not mount the type ${quote(type)}`);
    }
    const path = this.prepare(destination, 'directory');
    const flags = [...options.flags];
    this.push(mount.source || type, path, type, [...flags, ...options.rest]);
    this.note(path, host === undefined ? { kind: 'tmpfs' } : { kind: 'kernel', path: host }, 'directory', flags);
  }

  /** Hide a path: an empty file system over a directory, the null device over a file. */
  mask(hidden: string): void {
    const place = this.view.resolve(hidden);
    if (place.kind === 'missing') {
      return;
    }
    if (place.kind === 'directory') {
      this.push('tmpfs', place.path, 'tmpfs', ['ro', 'nosuid', 'nodev', 'noexec', 'size=4k']);
      this.note(place.path, { kind: 'tmpfs' }, 'directory', ['ro']);
    } else {
      this.pushDevice('/dev/null', place.path);
    }
  }

  protect(path: string): void {
    const place = this.view.resolve(path);
    if (place.kind !== 'missing') {
      const target = join(this.root, place.path);
      const flags = new Set<MountFlag>([...this.flagsAt(place.path), 'ro']);
      this.mount({ source: target, target, type: 'none', options: ['bind', ...flags] });
    }
  }

  private addBind(mount: OciMount, destination: string): void {
    const { recursive, flags, rest } = parseMountOptions(mount);
    const source = realSource(mount);
    const kind = statSync(source).isDirectory() ? 'directory' : 'file';
    const below = kind === 'directory' ? mountsBelow(this.input.hostMounts, source) : [];
    if (!recursive && below.length > 0 && this.input.userNamespace) {
      throw refused(mount, 'a bind of a tree with mounts in it must be recursive (rbind) in a user namespace');
    }
    const path = this.prepare(destination, kind);
    const own = mountOf(this.input.hostMounts, source)?.flags ?? [];
    this.push(source, path, 'none', [recursive ? 'rbind' : 'bind', ...merge(own, flags), ...rest]);
    this.note(path, { kind: 'bind', path: source }, kind, merge(own, flags));
    for (const mountBelow of recursive ? below : []) {
      const inside = join(path, mountBelow.path.slice(source === '/' ? 0 : source.length));
      const target = join(this.root, inside);
      const all = merge(mountBelow.flags, flags);
      this.targets.add(target);
      this.flagsOf.set(inside, all);
      // `ro` and its like reach the topmost mount only; each one below needs its own line.
      if (flags.size > 0) {
        this.mount({ source: target, target, type: 'none', options: ['bind', ...all] });
      }
    }
  }

  private prepare(destination: string, kind: 'directory' | 'file'): string {
    const place = this.view.resolve(destination);
    if (place.path === '/' || (place.path !== '/proc' && isWithin(place.path, '/proc'))) {
      throw new PluginError(
        'CONFIG_INVALID',
        `Cannot mount on ${quote(destination)}: it leads to ${quote(place.path)}`,
      );
    }
    if (prepareMountPoint(place, kind) === 'later') {
      if (kind === 'file') {
        this.steps.push({ touch: [join(this.root, place.path)], lines: [], oneByOne: false });
      } else {
        this.makeDirectory = true;
      }
    }
    return place.path;
  }

  /** The next line is for a directory that `mount` has to make, in a file system made by an earlier line. */
  private makeDirectory = false;

  private push(source: string, path: string, type: string, options: readonly string[]): void {
    const extra = this.makeDirectory ? ['X-mount.mkdir=0755'] : [];
    this.makeDirectory = false;
    this.mount({ source, target: join(this.root, path), type, options: [...options, ...extra] });
  }

  private mount(line: FstabLine): void {
    const oneByOne = this.targets.has(line.target);
    this.targets.add(line.target);
    if (this.step().oneByOne !== oneByOne) {
      this.steps.push({ touch: [], lines: [], oneByOne });
    }
    this.step().lines.push(line);
  }

  private note(
    path: string,
    backing: Parameters<ContainerView['mounted']>[1],
    kind: 'directory' | 'file',
    flags: readonly MountFlag[],
  ): void {
    this.view.mounted(path, backing, kind);
    // What was mounted below is now out of sight.
    for (const other of this.flagsOf.keys()) {
      if (other !== path && isWithin(other, path)) this.flagsOf.delete(other);
    }
    this.flagsOf.set(path, flags);
  }

  private flagsAt(path: string): readonly MountFlag[] {
    for (let at = path; ; at = posix.dirname(at)) {
      const flags = this.flagsOf.get(at);
      if (flags !== undefined) {
        return flags;
      }
    }
  }

  private step(): MountStep {
    return this.steps[this.steps.length - 1] as MountStep;
  }
}

/** Without `.`, `..`, doubled and trailing slashes. */
function cleanPath(path: string): string {
  return posix.resolve('/', path);
}

function merge(own: readonly MountFlag[], asked: ReadonlySet<MountFlag>): MountFlag[] {
  return [...new Set([...own, ...asked])];
}

function realSource(mount: OciMount): string {
  if (mount.source === undefined || !mount.source.startsWith('/')) {
    throw refused(mount, `the source ${quote(mount.source ?? '')} must be an absolute path`);
  }
  try {
    return realpathSync(mount.source);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw refused(mount, `the source ${quote(mount.source)} cannot be used (${code ?? 'error'})`, cause);
  }
}

function refused(mount: OciMount, why: string, cause?: unknown): PluginError {
  return new PluginError('CONFIG_INVALID', `Cannot mount ${quote(mount.destination)}: ${why}`, { cause });
}
