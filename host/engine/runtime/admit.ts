/**
 * What the engines over crun and runc do with each part of a config: pass it to the runtime, do it themselves, or refuse it.
 *
 * The runtime judges what it is given, and does it. Refused is only what it would do otherwise than the config says because of
 * where it runs here: in a pid namespace, and for ordinary users a user namespace, of its own, with cgroups out of reach.
 */
import { posix } from 'node:path';
import { PluginError, quote } from '../../errors/index.js';
import type { OciConfig, OciMount } from '../../oci/index.js';
import type { IdMaps } from '../common/index.js';
import { admitIdMaps, admitNamespaces, hostDevice, isWithin, refused } from '../common/index.js';

export type RuntimeKind = 'crun' | 'runc';

/** Parts of `linux.resources` that the cgroups of ours can hold; `devices` needs none, see `checkDevices`. */
const RESOURCES: Readonly<Record<string, readonly string[] | undefined>> = {
  memory: ['limit', 'swap'],
  cpu: ['shares', 'quota', 'period', 'cpus', 'mems'],
  pids: ['limit'],
  devices: undefined,
};

/** File systems that hold nothing of the host's; a runtime run by root would mount its disks, too. Those of cgroups are left out. */
const TYPES: ReadonlySet<string> = new Set(['proc', 'sysfs', 'devpts', 'mqueue', 'tmpfs', 'cgroup', 'cgroup2']);

/** Options of a bind; of any other mount the kernel refuses what it does not know, of a bind it drops that. */
const BIND_OPTIONS = new Set(
  [
    ['bind', 'rbind', 'defaults', 'async', 'sync', 'suid', 'dev', 'exec', 'rw', 'ro', 'nosuid', 'nodev', 'noexec'],
    ['rrw', 'rro', 'rsuid', 'rnosuid', 'rdev', 'rnodev', 'rexec', 'rnoexec'],
    ['private', 'rprivate', 'slave', 'rslave', 'unbindable', 'runbindable'],
    ['relatime', 'norelatime', 'noatime', 'atime', 'nodiratime', 'diratime', 'strictatime', 'nostrictatime'],
  ].flat(),
);

/**
 * @param kind - the runtime.
 * @param own - ids of the process that runs the engine; uid 0 is root.
 * @param onWarning - gets a sentence for each part that is left out.
 * @returns the ids of the user namespace, where it has more than one.
 * @throws PluginError `CONFIG_INVALID` naming the part that is refused; `ENGINE_UNAVAILABLE` if tools for several ids are missing.
 */
export function admitForRuntime(
  kind: RuntimeKind,
  config: OciConfig,
  own: { readonly uid: number; readonly gid: number },
  onWarning: (text: string) => void,
): IdMaps | undefined {
  if ((config.process?.args ?? []).length === 0) {
    throw refused('process.args', 'there is no command to run');
  }
  checkPaths(config);
  const idMaps = own.uid === 0 ? undefined : admitIdMaps(config, own);
  admitNamespaces(`the engine ${kind}`, config, own.uid);
  if (own.uid !== 0 && idMaps === undefined) {
    checkOneId(kind, config);
  }
  checkMounts(kind, config);
  checkDevices(kind, config);
  warnOfResources(kind, config, onWarning);
  for (const name of ['cgroupsPath', 'intelRdt'] as const) {
    if (config.linux?.[name]) {
      onWarning(`the engine ${kind} leaves out linux.${name}`);
    }
  }
  return idMaps;
}

const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/;

/** The runtime prints its errors itself, on the command's stderr, and crun the paths in them as they are: to a terminal, perhaps. */
function checkPaths({ process, mounts = [] }: OciConfig): void {
  for (const path of [process?.cwd ?? '', ...mounts.flatMap(({ destination, source = '' }) => [destination, source])]) {
    if (CONTROLS.test(path)) {
      throw refused(`the path ${quote(path)}`, 'it has control characters');
    }
  }
}

function checkOneId(kind: RuntimeKind, config: OciConfig): void {
  const ids = [
    { maps: config.linux?.uidMappings ?? [], id: config.process?.user?.uid ?? 0 },
    { maps: config.linux?.gidMappings ?? [], id: config.process?.user?.gid ?? 0 },
  ];
  if (ids.some(({ maps, id }) => maps.some(({ containerID }) => containerID !== id))) {
    throw refused('linux.uidMappings', 'an ordinary user has one id to map, to that of the command');
  }
  if ((config.process?.user?.additionalGids ?? []).length > 0) {
    throw refused('process.user.additionalGids', 'an ordinary user has one id to map');
  }
  if (kind === 'runc' && ids.some(({ id }) => id !== 0)) {
    throw refused('process.user', 'runc needs the id 0 in a user namespace, and an ordinary user has one id to map');
  }
}

function checkMounts(kind: RuntimeKind, config: OciConfig): void {
  for (const mount of config.mounts ?? []) {
    const destination = posix.resolve('/', mount.destination);
    if (destination === '/') {
      throw refusedMount(mount, 'the root itself cannot be a mount of the list');
    }
    if (isWithin(destination, '/proc') && destination !== '/proc') {
      throw refusedMount(mount, 'nothing may be mounted over parts of /proc');
    }
    if (isBind(mount)) {
      const unknown = mount.options?.find((option) => !BIND_OPTIONS.has(option));
      if (unknown !== undefined) {
        throw refusedMount(mount, `the engine ${kind} does not know the option ${quote(unknown)}`);
      }
      if (mount.source === undefined || !mount.source.startsWith('/')) {
        throw refusedMount(mount, `the source ${quote(mount.source ?? '')} must be an absolute path`);
      }
    } else if (!TYPES.has(mount.type ?? '')) {
      throw refusedMount(mount, `the engine ${kind} does not mount the type ${quote(mount.type ?? '')}`);
    }
  }
}

export function isBind({ type, options = [] }: OciMount): boolean {
  return type === 'bind' || options.includes('bind') || options.includes('rbind');
}

// Rules for devices need a cgroup of the runtime's. Without CAP_MKNOD there is nothing to hold with them: /dev has the usual
// few devices, and those of an image are none, since it is mounted nodev.
function checkDevices(kind: RuntimeKind, config: OciConfig): void {
  config.linux?.devices?.forEach((device) => {
    hostDevice(device, kind);
  });
  const { bounding = [], permitted = [], effective = [] } = config.process?.capabilities ?? {};
  const rules = config.linux?.resources?.devices ?? [];
  if (rules.length > 0 && [...bounding, ...permitted, ...effective].includes('CAP_MKNOD')) {
    throw refused(
      'linux.resources.devices',
      `with CAP_MKNOD the engine ${kind}, as it is run here, cannot hold the rules for devices`,
    );
  }
}

function warnOfResources(kind: RuntimeKind, config: OciConfig, onWarning: (text: string) => void): void {
  for (const [name, value] of Object.entries(config.linux?.resources ?? {})) {
    const known = Object.hasOwn(RESOURCES, name);
    const fields = known ? RESOURCES[name] : undefined;
    if (!known) {
      onWarning(`the engine ${kind} leaves out ${quote(`linux.resources.${name}`)}`);
    }
    for (const field of fields === undefined ? [] : Object.keys(value ?? {})) {
      if (!fields?.includes(field)) {
        onWarning(`the engine ${kind} leaves out ${quote(`linux.resources.${name}.${field}`)}`);
      }
    }
  }
}

function refusedMount(mount: OciMount, why: string): PluginError {
  return new PluginError('CONFIG_INVALID', `Cannot mount ${quote(mount.destination)}: ${why}`, {
    details: { mount: mount.destination },
  });
}
