/**
 * The part of the OCI runtime specification (version 1.x, "config.json") that this project reads or writes.
 *
 * Everything is optional where the specification or a real producer leaves it out: the pause container of Kubernetes has
 * a config without `process.env`. Unknown properties survive, because a config may pass through us to another runtime.
 * Shapes only; `parseOciConfig` checks a foreign value against them.
 */

/** A whole config.json. */
export interface OciConfig {
  readonly ociVersion: string;
  readonly process?: OciProcess;
  readonly root?: { readonly path: string; readonly readonly?: boolean };
  readonly hostname?: string;
  readonly mounts?: readonly OciMount[];
  readonly hooks?: OciHooks;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux?: OciLinux;
}

export interface OciProcess {
  readonly terminal?: boolean;
  readonly user?: OciUser;
  readonly args?: readonly string[];
  /** `NAME=value` strings. */
  readonly env?: readonly string[];
  /** Absolute path inside the container. */
  readonly cwd?: string;
  readonly capabilities?: OciCapabilities;
  readonly rlimits?: readonly OciRlimit[];
  readonly noNewPrivileges?: boolean;
  /** -1000 (never) to 1000 (first). */
  readonly oomScoreAdj?: number;
}

export interface OciUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids?: readonly number[];
  readonly umask?: number;
}

/** Capability names as in capabilities(7), `CAP_CHOWN`. */
export interface OciCapabilities {
  readonly bounding?: readonly string[];
  readonly effective?: readonly string[];
  readonly inheritable?: readonly string[];
  readonly permitted?: readonly string[];
  readonly ambient?: readonly string[];
}

/** Units are those of setrlimit(2): bytes, seconds or a count, by `type` (`RLIMIT_NOFILE`). */
export interface OciRlimit {
  readonly type: string;
  readonly soft: number;
  readonly hard: number;
}

export interface OciMount {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[];
}

/** A program of the host that is run with the container's state as JSON on stdin. */
export interface OciHook {
  readonly path: string;
  /** Whole argv, the program's name first. */
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** Seconds. */
  readonly timeout?: number;
}

export type OciHookStage =
  | 'prestart'
  | 'createRuntime'
  | 'createContainer'
  | 'startContainer'
  | 'poststart'
  | 'poststop';

export type OciHooks = Readonly<Partial<Record<OciHookStage, readonly OciHook[]>>>;

export interface OciLinux {
  readonly namespaces?: readonly OciNamespace[];
  readonly uidMappings?: readonly OciIdMapping[];
  readonly gidMappings?: readonly OciIdMapping[];
  readonly devices?: readonly OciDevice[];
  readonly resources?: OciResources;
  readonly cgroupsPath?: string;
  readonly seccomp?: object;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly rootfsPropagation?: string;
}

export type OciNamespaceType = 'mount' | 'pid' | 'uts' | 'ipc' | 'network' | 'user' | 'cgroup' | 'time';

export interface OciNamespace {
  readonly type: OciNamespaceType;
  /** An existing namespace to join instead of a new one. */
  readonly path?: string;
}

export interface OciIdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface OciDevice {
  /** `c`, `b`, `u` or `p`. */
  readonly type: string;
  readonly path: string;
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** Limits of the container's cgroup. */
export interface OciResources {
  readonly memory?: {
    /** Bytes; -1 is no limit. */
    readonly limit?: number;
    /** Bytes of memory and swap together; -1 is no limit. */
    readonly swap?: number;
  };
  readonly cpu?: {
    readonly shares?: number;
    /** Microseconds of CPU time in each period. */
    readonly quota?: number;
    /** Microseconds. */
    readonly period?: number;
    /** A list such as `0-1,4`. */
    readonly cpus?: string;
    readonly mems?: string;
  };
  readonly pids?: { readonly limit: number };
  readonly devices?: readonly { readonly allow: boolean; readonly access?: string }[];
}
