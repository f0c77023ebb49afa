/** Configs as the producers of this field write them, for tests of what reads them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OciConfig, OciHook } from '../../host/oci/index.js';

const hook = (): OciHook => ({ path: '/usr/bin/a', args: ['a', 'b'], env: ['A=b'], timeout: 5 });

/** A config with every field that runtime-spec 1.2 knows for Linux, and valid by it. */
export const FULL_CONFIG: OciConfig = {
  ociVersion: '1.2.0',
  process: {
    terminal: true,
    consoleSize: { height: 24, width: 80 },
    user: { uid: 1000, gid: 100, additionalGids: [4, 27], umask: 0o022, username: 'ada' },
    args: ['/bin/sh', '-c', 'true'],
    commandLine: 'sh -c true',
    env: ['PATH=/usr/bin:/bin', 'EMPTY='],
    cwd: '/home/ada',
    capabilities: {
      bounding: ['CAP_CHOWN'],
      effective: ['CAP_CHOWN'],
      inheritable: ['CAP_CHOWN'],
      permitted: ['CAP_CHOWN'],
      ambient: ['CAP_CHOWN'],
    },
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 2 ** 64 }],
    noNewPrivileges: true,
    oomScoreAdj: 100,
    apparmorProfile: 'site-default',
    selinuxLabel: 'system_u:system_r:container_t:s0',
    scheduler: {
      policy: 'SCHED_DEADLINE',
      nice: 0,
      priority: 0,
      flags: ['SCHED_FLAG_RESET_ON_FORK'],
      runtime: 1000,
      deadline: 2000,
      period: 3000,
    },
    ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 4 },
    execCPUAffinity: { initial: '0-1', final: '2,3' },
  },
  root: { path: 'rootfs', readonly: true },
  hostname: 'box',
  domainname: 'example.com',
  mounts: [
    {
      destination: '/data',
      type: 'bind',
      source: '/srv/data',
      options: ['rbind', 'ro'],
      uidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
      gidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
    },
  ],
  hooks: {
    prestart: [hook()],
    createRuntime: [hook()],
    createContainer: [hook()],
    startContainer: [hook()],
    poststart: [hook()],
    poststop: [hook()],
  },
  annotations: { 'org.example.key': 'value' },
  linux: {
    namespaces: [{ type: 'mount' }, { type: 'network', path: '/run/netns/a' }],
    uidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
    gidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
    timeOffsets: { monotonic: { secs: 172800, nanosecs: 1 }, boottime: { secs: -1, nanosecs: 0 } },
    devices: [{ type: 'c', path: '/dev/fuse', major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 }],
    netDevices: { eth9: { name: 'eth0' } },
    resources: {
      memory: {
        limit: 2 ** 26,
        reservation: 2 ** 25,
        swap: -1,
        kernel: -1,
        kernelTCP: -1,
        swappiness: 0,
        disableOOMKiller: false,
        useHierarchy: true,
        checkBeforeUpdate: true,
      },
      cpu: {
        shares: 1024,
        quota: -1,
        burst: 0,
        period: 100000,
        realtimeRuntime: 95000,
        realtimePeriod: 100000,
        cpus: '0-1',
        mems: '0',
        idle: 0,
      },
      pids: { limit: 2048 },
      devices: [{ allow: true, type: 'c', major: 10, minor: 229, access: 'rwm' }],
      blockIO: {
        weight: 10,
        leafWeight: 10,
        weightDevice: [{ major: 8, minor: 0, weight: 500, leafWeight: 300 }],
        throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 600 }],
        throttleWriteBpsDevice: [{ major: 8, minor: 0, rate: 600 }],
        throttleReadIOPSDevice: [{ major: 8, minor: 0, rate: 600 }],
        throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 600 }],
      },
      hugepageLimits: [{ pageSize: '2MB', limit: 2 ** 21 }],
      network: { classID: 1048577, priorities: [{ name: 'eth0', priority: 500 }] },
      rdma: { mlx5_1: { hcaHandles: 3, hcaObjects: 10000 } },
      unified: { 'memory.high': '1073741824' },
    },
    cgroupsPath: '/my/group',
    seccomp: {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 1,
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X32'],
      flags: ['SECCOMP_FILTER_FLAG_LOG'],
      listenerPath: '/run/listener.sock',
      listenerMetadata: 'x',
      syscalls: [
        {
          names: ['clone'],
          action: 'SCMP_ACT_ALLOW',
          errnoRet: 1,
          args: [{ index: 0, value: 2114060288, valueTwo: 2 ** 64, op: 'SCMP_CMP_MASKED_EQ' }],
        },
      ],
    },
    sysctl: { 'net.ipv4.ip_forward': '1' },
    maskedPaths: ['/proc/kcore'],
    readonlyPaths: ['/proc/sys'],
    rootfsPropagation: 'slave',
    mountLabel: 'system_u:object_r:container_file_t:s0',
    intelRdt: {
      closID: 'guaranteed',
      l3CacheSchema: 'L3:0=7f0;1=1f',
      memBwSchema: 'MB:0=20;1=70',
      schemata: ['L3:0=7f0'],
      enableCMT: true,
      enableMBM: true,
      enableMonitoring: true,
    },
    memoryPolicy: { mode: 'MPOL_INTERLEAVE', nodes: '0-1', flags: ['MPOL_F_STATIC_NODES'] },
    personality: { domain: 'LINUX', flags: [] },
  },
};

/** The pause container of a pod: no variables, no capabilities, namespaces that other containers join. */
export const PAUSE_CONFIG: OciConfig = {
  ociVersion: '1.0.2-dev',
  process: { user: { uid: 65535, gid: 65535 }, args: ['/pause'], cwd: '/', noNewPrivileges: true, oomScoreAdj: -998 },
  root: { path: 'rootfs', readonly: true },
  annotations: { 'io.kubernetes.cri.container-type': 'sandbox', 'io.kubernetes.cri.sandbox-name': '' },
  linux: { cgroupsPath: '/k8s.io/0123', namespaces: [{ type: 'pid' }, { type: 'network', path: '/proc/7/ns/net' }] },
};

/** What podman writes for a privileged container, where it differs from what anybody else writes. */
export const PODMAN_CONFIG: OciConfig = {
  ociVersion: '1.0.2-dev',
  process: {
    terminal: false,
    user: { uid: 0, gid: 0, umask: 18 },
    args: ['/bin/sh'],
    env: ['PATH=/bin', 'container=podman', 'HOSTNAME=my_host'],
    cwd: '/',
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: 2 ** 64, hard: 2 ** 64 }],
  },
  root: { path: '/var/lib/containers/storage/overlay/0123/merged' },
  hostname: 'my_host',
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/etc/hosts', type: 'bind', source: '/run/hosts', options: ['bind', 'rprivate'] },
  ],
  annotations: { 'org.opencontainers.image.stopSignal': '15' },
  linux: {
    resources: { devices: [{ allow: true, access: 'rwm' }], pids: { limit: 0 } },
    cgroupsPath: '/libpod_parent/libpod-0123',
    namespaces: [{ type: 'pid' }, { type: 'network', path: '/run/netns/netns-1' }, { type: 'mount' }],
    rootfsPropagation: 'shared',
    seccomp: {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 38,
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
      syscalls: [
        { names: ['bdflush', 'io_pgetevents'], action: 'SCMP_ACT_ERRNO', args: [], errnoRet: 1 },
        {
          names: ['personality'],
          action: 'SCMP_ACT_ALLOW',
          args: [{ index: 0, value: 4294967295, op: 'SCMP_CMP_EQ' }],
        },
      ],
    },
  },
};

/** What a tool writes into `config.json` of the folder that it is started in, or to its standard output. */
export function configFrom(command: string, ...args: string[]): OciConfig {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-spec-'));
  try {
    const output = execFileSync(command, args, { cwd: folder, encoding: 'utf8' });
    return JSON.parse(output.trim() === '' ? readFileSync(join(folder, 'config.json'), 'utf8') : output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
