/** The section `linux` of an OCI runtime config (runtime-spec, config-linux.md). Shapes only. */

export interface OciLinux {
  readonly namespaces?: readonly OciNamespace[];
  readonly uidMappings?: readonly OciIdMapping[];
  readonly gidMappings?: readonly OciIdMapping[];
  readonly timeOffsets?: Readonly<Record<string, OciTimeOffset>>;
  readonly devices?: readonly OciDevice[];
  /** Interfaces of the host that move into the container, by their name on the host. */
  readonly netDevices?: Readonly<Record<string, { readonly name?: string }>>;
  readonly resources?: OciResources;
  readonly cgroupsPath?: string;
  readonly seccomp?: OciSeccomp;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly rootfsPropagation?: string;
  readonly mountLabel?: string;
  readonly intelRdt?: OciIntelRdt;
  readonly memoryPolicy?: { readonly mode: string; readonly nodes?: string; readonly flags?: readonly string[] };
  readonly personality?: { readonly domain?: string; readonly flags?: readonly string[] };
}

export type OciNamespaceType = 'mount' | 'pid' | 'uts' | 'ipc' | 'network' | 'user' | 'cgroup' | 'time';

export interface OciNamespace {
  readonly type: OciNamespaceType;
  /** An existing namespace to join instead of a new one; empty is none. */
  readonly path?: string;
}

export interface OciIdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface OciTimeOffset {
  readonly secs?: number;
  readonly nanosecs?: number;
}

export interface OciDevice {
  /** `c`, `b`, `u` or `p`. */
  readonly type: string;
  readonly path: string;
  readonly major?: number;
  readonly minor?: number;
  /** Permission bits. Some producers leave the bits of the file's type in it. */
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** Limits of the container's cgroup. */
export interface OciResources {
  readonly memory?: OciMemory;
  readonly cpu?: OciCpu;
  readonly pids?: { readonly limit: number };
  readonly devices?: readonly OciDeviceRule[];
  readonly blockIO?: OciBlockIo;
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[];
  readonly network?: {
    readonly classID?: number;
    readonly priorities?: readonly { readonly name: string; readonly priority: number }[];
  };
  readonly rdma?: Readonly<Record<string, { readonly hcaHandles?: number; readonly hcaObjects?: number }>>;
  /** Files of cgroup v2, by name. */
  readonly unified?: Readonly<Record<string, string>>;
}

/** Bytes; -1 is no limit. */
export interface OciMemory {
  readonly limit?: number;
  readonly reservation?: number;
  /** Memory and swap together. */
  readonly swap?: number;
  readonly kernel?: number;
  readonly kernelTCP?: number;
  /** 0 to 100. */
  readonly swappiness?: number;
  readonly disableOOMKiller?: boolean;
  readonly useHierarchy?: boolean;
  readonly checkBeforeUpdate?: boolean;
}

/** Times in microseconds. */
export interface OciCpu {
  readonly shares?: number;
  /** CPU time in each period. */
  readonly quota?: number;
  readonly burst?: number;
  readonly period?: number;
  readonly realtimeRuntime?: number;
  readonly realtimePeriod?: number;
  /** A list such as `0-1,4`. */
  readonly cpus?: string;
  readonly mems?: string;
  readonly idle?: number;
}

/** A rule of the device cgroup; the last one that fits decides. */
export interface OciDeviceRule {
  readonly allow: boolean;
  readonly type?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly access?: string;
}

export interface OciBlockIo {
  readonly weight?: number;
  readonly leafWeight?: number;
  readonly weightDevice?: readonly OciBlockIoWeight[];
  readonly throttleReadBpsDevice?: readonly OciBlockIoThrottle[];
  readonly throttleWriteBpsDevice?: readonly OciBlockIoThrottle[];
  readonly throttleReadIOPSDevice?: readonly OciBlockIoThrottle[];
  readonly throttleWriteIOPSDevice?: readonly OciBlockIoThrottle[];
}

export interface OciBlockIoWeight {
  readonly major: number;
  readonly minor: number;
  readonly weight?: number;
  readonly leafWeight?: number;
}

export interface OciBlockIoThrottle {
  readonly major: number;
  readonly minor: number;
  readonly rate?: number;
}

/** A filter of system calls (runtime-spec, config-linux.md, "Seccomp"). */
export interface OciSeccomp {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly flags?: readonly string[];
  readonly listenerPath?: string;
  readonly listenerMetadata?: string;
  readonly syscalls?: readonly OciSyscall[];
}

export interface OciSyscall {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly OciSyscallArgument[];
}

export interface OciSyscallArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: string;
}

export interface OciIntelRdt {
  readonly closID?: string;
  readonly l3CacheSchema?: string;
  readonly memBwSchema?: string;
  readonly schemata?: readonly string[];
  readonly enableCMT?: boolean;
  readonly enableMBM?: boolean;
  readonly enableMonitoring?: boolean;
}
