/** The table for `linux`; the order and the names are those of `linux-config.ts`. */
import { boolean, type Check, listOf, mapOf, matching, oneOf, shape, text } from './check.js';
import type {
  OciBlockIo,
  OciBlockIoThrottle,
  OciBlockIoWeight,
  OciCpu,
  OciDevice,
  OciDeviceRule,
  OciIntelRdt,
  OciLinux,
  OciMemory,
  OciNamespace,
  OciResources,
} from './linux-config.js';
import { seccomp } from './seccomp-check.js';
import { absolutePath, id, idMappings, int64, texts, uint16, uint32, uint64 } from './values.js';

const namespace = shape<OciNamespace>(
  {
    type: oneOf('mount', 'pid', 'uts', 'ipc', 'network', 'user', 'cgroup', 'time'),
    path: matching(/^(\/[^\0]*)?$/, 'an absolute path without NUL'),
  },
  ['type'],
);

const device = shape<OciDevice>(
  {
    type: oneOf('c', 'b', 'u', 'p'),
    path: absolutePath,
    major: int64,
    minor: int64,
    fileMode: uint32,
    uid: id,
    gid: id,
  },
  ['type', 'path'],
);

const memory = shape<OciMemory>({
  limit: int64,
  reservation: int64,
  swap: int64,
  kernel: int64,
  kernelTCP: int64,
  swappiness: uint64,
  disableOOMKiller: boolean,
  useHierarchy: boolean,
  checkBeforeUpdate: boolean,
});

const cpu = shape<OciCpu>({
  shares: uint64,
  quota: int64,
  burst: uint64,
  period: uint64,
  realtimeRuntime: int64,
  realtimePeriod: uint64,
  cpus: text,
  mems: text,
  idle: int64,
});

const deviceRule = shape<OciDeviceRule>({ allow: boolean, type: text, major: int64, minor: int64, access: text }, [
  'allow',
]);

const throttles = listOf(shape<OciBlockIoThrottle>({ major: int64, minor: int64, rate: uint64 }, ['major', 'minor']));

const blockIo = shape<OciBlockIo>({
  weight: uint16,
  leafWeight: uint16,
  weightDevice: listOf(
    shape<OciBlockIoWeight>({ major: int64, minor: int64, weight: uint16, leafWeight: uint16 }, ['major', 'minor']),
  ),
  throttleReadBpsDevice: throttles,
  throttleWriteBpsDevice: throttles,
  throttleReadIOPSDevice: throttles,
  throttleWriteIOPSDevice: throttles,
});

const resources = shape<OciResources>({
  memory,
  cpu,
  pids: shape({ limit: int64 }, ['limit']),
  devices: listOf(deviceRule),
  blockIO: blockIo,
  hugepageLimits: listOf(
    shape({ pageSize: matching(/^[1-9][0-9]*[KMG]B$/, 'a size such as 2MB'), limit: uint64 }, ['pageSize', 'limit']),
  ),
  network: shape({
    classID: uint32,
    priorities: listOf(shape({ name: text, priority: uint32 }, ['name', 'priority'])),
  }),
  rdma: mapOf(shape({ hcaHandles: uint32, hcaObjects: uint32 })),
  unified: mapOf(text),
});

const intelRdt = shape<OciIntelRdt>({
  closID: text,
  l3CacheSchema: text,
  memBwSchema: matching(/^MB:[^\n\0]*$/, 'one line that starts with MB:'),
  schemata: texts,
  enableCMT: boolean,
  enableMBM: boolean,
  enableMonitoring: boolean,
});

export const linux: Check<OciLinux> = shape<OciLinux>({
  namespaces: listOf(namespace),
  uidMappings: idMappings,
  gidMappings: idMappings,
  timeOffsets: mapOf(shape({ secs: int64, nanosecs: uint32 })),
  devices: listOf(device),
  netDevices: mapOf(shape({ name: text })),
  resources,
  cgroupsPath: text,
  seccomp,
  sysctl: mapOf(text),
  maskedPaths: listOf(absolutePath),
  readonlyPaths: listOf(absolutePath),
  // With `r`, for a whole tree, also where the schema lacks them: runtimes take them, and containerd writes them.
  rootfsPropagation: matching(
    /^r?(private|shared|slave|unbindable)$/,
    'private, shared, slave or unbindable, with or without r in front',
  ),
  mountLabel: text,
  intelRdt,
  memoryPolicy: shape({ mode: text, nodes: text, flags: texts }, ['mode']),
  personality: shape({ domain: oneOf('LINUX', 'LINUX32'), flags: texts }),
});
