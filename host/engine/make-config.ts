/**
 * The OCI config that `wasm-plugin run` starts from, before any plugin has seen it.
 *
 * The base is as closed as a useful container can be: no capabilities, no way to gain any, own namespaces, /proc with its
 * dangerous parts masked. Only the network is the host's unless asked otherwise, as with the container tools of this field.
 */
import type { OciConfig, OciIdMapping, OciMount, OciNamespaceType } from '../oci/index.js';

export interface MakeConfigOptions {
  /** Directory with the root file system. */
  readonly rootfs: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Default: a PATH, HOME and TERM only; nothing of the host's environment. */
  readonly env?: ReadonlyMap<string, string>;
  /** Absolute path in the container. Default `/`. */
  readonly cwd?: string;
  /** Default `container`. */
  readonly hostname?: string;
  readonly binds?: readonly Bind[];
  /** Ids inside the container. Default 0:0. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /**
   * Whether an ordinary user runs the container, in a user namespace. Default false. Id mappings are left to the engine,
   * which maps the one id that such a user has to `process.user`, also after a plugin has changed that.
   */
  readonly rootless?: boolean;
  /**
   * Ids of the user namespace, for an ordinary user. The command then has the capabilities of a root that works with them, over what
   * belongs to these ids. Default: see `rootless`, and no capabilities.
   */
  readonly fakeroot?: { readonly uid: readonly OciIdMapping[]; readonly gid: readonly OciIdMapping[] };
  /** Default false: writes go to a layer that vanishes with the container. */
  readonly readOnly?: boolean;
  /** Whether the command gets a terminal of its own, shown on that of the caller. Default false. */
  readonly terminal?: boolean;
  /** `host` (default) or `none`. */
  readonly network?: 'host' | 'none';
}

export interface Bind {
  readonly source: string;
  readonly destination: string;
  readonly readOnly?: boolean;
}

export const DEFAULT_CONTAINER_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** What is there where nobody says anything else. */
export const DEFAULT_CONTAINER_ENV: ReadonlyMap<string, string> = new Map([
  ['PATH', DEFAULT_CONTAINER_PATH],
  ['HOME', '/root'],
  ['TERM', 'xterm'],
]);

const BASE_MOUNTS: readonly OciMount[] = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'nodev', 'noexec'] },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k'] },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
  },
  {
    destination: '/dev/shm',
    type: 'tmpfs',
    source: 'shm',
    options: ['nosuid', 'nodev', 'noexec', 'mode=1777', 'size=65536k'],
  },
  {
    destination: '/tmp',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'nodev', 'mode=1777', 'size=65536k'],
  },
];

// What other runtimes hide, since each has leaked or changed something of the host.
const MASKED_PATHS = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/firmware',
];
// To install packages and the like: none of them reaches beyond the ids of the namespace, none mounts or makes devices.
const FAKEROOT_CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
];
const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/**
 * Make the base config.
 *
 * @returns plain JSON, made anew on each call: the caller may change it.
 */
export function makeConfig(options: MakeConfigOptions): OciConfig {
  const { user = { uid: 0, gid: 0 }, fakeroot } = options;
  const capabilities = fakeroot === undefined ? [] : FAKEROOT_CAPABILITIES;
  const namespaces: OciNamespaceType[] = ['mount', 'pid', 'uts', 'ipc'];
  if (options.network === 'none') {
    namespaces.push('network');
  }
  if (options.rootless === true) {
    namespaces.push('user');
  }
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: options.terminal ?? false,
      user: { uid: user.uid, gid: user.gid },
      args: [...options.command],
      env: [...withDefaults(options.env)].map(([name, value]) => `${name}=${value}`),
      cwd: options.cwd ?? '/',
      capabilities: {
        bounding: [...capabilities],
        effective: [...capabilities],
        inheritable: [],
        permitted: [...capabilities],
        ambient: [],
      },
      noNewPrivileges: true,
    },
    root: { path: options.rootfs, readonly: options.readOnly ?? false },
    hostname: options.hostname ?? 'container',
    mounts: structuredClone([...BASE_MOUNTS, ...(options.binds ?? []).map(bindMount)]),
    annotations: {},
    linux: {
      namespaces: namespaces.map((type) => ({ type })),
      ...(fakeroot === undefined
        ? {}
        : { uidMappings: structuredClone([...fakeroot.uid]), gidMappings: structuredClone([...fakeroot.gid]) }),
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      maskedPaths: [...MASKED_PATHS],
      readonlyPaths: [...READONLY_PATHS],
    },
  };
}

function withDefaults(env: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  return new Map([...DEFAULT_CONTAINER_ENV, ...env]);
}

function bindMount({ source, destination, readOnly }: Bind): OciMount {
  return {
    destination,
    type: 'bind',
    source,
    options: ['rbind', readOnly === true ? 'ro' : 'rw', 'nosuid', 'nodev', 'rprivate'],
  };
}
