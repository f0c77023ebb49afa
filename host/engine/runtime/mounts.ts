import { realpathSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { PluginError, quote } from '../../errors/index.js';
import type { OciConfig, OciMount } from '../../oci/index.js';
import type { Backing, ContainerView } from '../common/index.js';
import { createContainerView, isWithin, prepareMountPoint } from '../common/index.js';
import { isBind } from './admit.js';

const DEV: OciMount = {
  destination: '/dev',
  type: 'tmpfs',
  source: 'tmpfs',
  options: ['nosuid', 'mode=755', 'size=65536k'],
};

/** Kernel file systems by type, with the host folder that shows what they will hold. */
const KERNEL_TYPES: ReadonlyMap<string, string> = new Map([
  ['proc', '/proc'],
  ['sysfs', '/sys'],
  ['devpts', '/dev/pts'],
  ['mqueue', '/dev/mqueue'],
]);

/** Restrictions of a recursive bind reach one mount only, unless asked for in their recursive form. */
const RECURSIVE: ReadonlyMap<string, string> = new Map([
  ['ro', 'rro'],
  ['nosuid', 'rnosuid'],
  ['nodev', 'rnodev'],
  ['noexec', 'rnoexec'],
]);

export interface MountsInput {
  readonly config: OciConfig;
  /** Real path of the image's folder. */
  readonly image: string;
  /** The overlay's upper layer, where mount points are made that the image lacks. */
  readonly layer: string;
  readonly onWarning: (text: string) => void;
}

/**
 * The mounts for the runtime, with every destination free of links of the image.
 *
 * Runtimes follow such links too, each in its own way and with a history of mistakes; and they make missing mount points, also in
 * the source of another bind, which is a folder of the host. So both is settled here, as for the builtin engine.
 *
 * @returns them, and what the container will look like with them.
 * @throws PluginError `CONFIG_INVALID` naming the mount that cannot be.
 */
export function settleMounts({ config, image, layer, onWarning }: MountsInput): {
  readonly mounts: OciMount[];
  readonly view: ContainerView;
} {
  const view = createContainerView({ kind: 'image', path: image, layer });
  const wanted = (config.mounts ?? []).filter(({ type, destination }) => {
    if (type === 'cgroup' || type === 'cgroup2') {
      onWarning(`the cgroup mount on ${quote(destination)} is left out`);
      return false;
    }
    return true;
  });
  const hasDev = wanted.some(({ destination }) => posix.resolve('/', destination) === '/dev');
  const mounts = (hasDev ? wanted : [DEV, ...wanted]).map((mount) => {
    try {
      const settled = isBind(mount)
        ? settleBind(mount)
        : { mount, kind: 'directory' as const, backing: backingOf(mount) };
      const place = view.resolve(mount.destination);
      if (place.path === '/' || (place.path !== '/proc' && isWithin(place.path, '/proc'))) {
        throw refused(mount, `it leads to ${quote(place.path)}`);
      }
      prepareMountPoint(place, settled.kind);
      view.mounted(place.path, settled.backing, settled.kind);
      return { ...settled.mount, destination: place.path };
    } catch (error) {
      throw about(mount, error);
    }
  });
  return { mounts, view };
}

function backingOf({ type = '' }: OciMount): Backing {
  const path = KERNEL_TYPES.get(type);
  return path === undefined ? { kind: 'tmpfs' } : { kind: 'kernel', path };
}

interface Settled {
  readonly mount: OciMount;
  readonly kind: 'directory' | 'file';
  readonly backing: Backing;
}

function settleBind(mount: OciMount): Settled {
  const source = realSource(mount);
  const kind = statSync(source).isDirectory() ? 'directory' : 'file';
  const options = mount.options ?? [];
  const recursive = kind === 'directory' && options.includes('rbind');
  const flags = options.filter((option) => option !== 'bind' && option !== 'rbind');
  const deep = recursive ? flags.flatMap((option) => RECURSIVE.get(option) ?? []) : [];
  return {
    mount: { ...mount, type: 'bind', source, options: [recursive ? 'rbind' : 'bind', ...flags, ...deep] },
    kind,
    backing: { kind: 'bind', path: source },
  };
}

function realSource(mount: OciMount): string {
  try {
    return realpathSync(mount.source ?? '');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    throw refused(mount, `the source ${quote(mount.source ?? '')} cannot be used (${code})`, cause);
  }
}

function refused(mount: OciMount, why: string, cause?: unknown): PluginError {
  return new PluginError('CONFIG_INVALID', `Cannot mount ${quote(mount.destination)}: ${why}`, { cause });
}

/** The caller may know who asked for this mount. */
function about(mount: OciMount, error: unknown): unknown {
  if (!(error instanceof PluginError)) {
    return error;
  }
  const { code, message, hint, cause, details } = error;
  return new PluginError(code, message, { hint, cause, details: { ...details, mount: mount.destination } });
}
