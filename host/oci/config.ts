/**
 * The OCI runtime specification's config.json, version 1.x: everything that it says about containers on Linux.
 *
 * Everything is optional where the specification or a real producer leaves it out: the pause container of Kubernetes has
 * a config without `process.env`. Unknown properties survive, because a config may pass through us to another runtime; so do
 * the sections for other systems (`windows`, `solaris`, `vm`, `zos`), which no runtime here reads.
 * Shapes only; `parseOciConfig` checks a foreign value against them.
 *
 * JSON numbers above 2^53 arrive rounded: the largest limit of 64 bits reads as 2^64 (or 2^63 where it is signed).
 */
import type { OciIdMapping, OciLinux } from './linux-config.js';

/** A whole config.json. */
export interface OciConfig {
  readonly ociVersion: string;
  readonly process?: OciProcess;
  readonly root?: { readonly path: string; readonly readonly?: boolean };
  readonly hostname?: string;
  readonly domainname?: string;
  readonly mounts?: readonly OciMount[];
  readonly hooks?: OciHooks;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux?: OciLinux;
}

export interface OciProcess {
  readonly terminal?: boolean;
  /** In characters. */
  readonly consoleSize?: { readonly height: number; readonly width: number };
  readonly user?: OciUser;
  readonly args?: readonly string[];
  /** For other systems than Linux. */
  readonly commandLine?: string;
  /** `NAME=value` strings. */
  readonly env?: readonly string[];
  /** Absolute path inside the container. */
  readonly cwd: string;
  readonly capabilities?: OciCapabilities;
  readonly rlimits?: readonly OciRlimit[];
  readonly noNewPrivileges?: boolean;
  /** -1000 (never) to 1000 (first). */
  readonly oomScoreAdj?: number;
  readonly apparmorProfile?: string;
  readonly selinuxLabel?: string;
  readonly scheduler?: OciScheduler;
  readonly ioPriority?: { readonly class: string; readonly priority?: number };
  /** Lists of processors such as `0-3,7`. */
  readonly execCPUAffinity?: { readonly initial?: string; readonly final?: string };
}

/** Ids that are left out are 0. */
export interface OciUser {
  readonly uid?: number;
  readonly gid?: number;
  readonly additionalGids?: readonly number[];
  readonly umask?: number;
  /** For other systems than Linux. */
  readonly username?: string;
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

/** As in sched_setattr(2); times in nanoseconds. */
export interface OciScheduler {
  readonly policy: string;
  readonly nice?: number;
  readonly priority?: number;
  readonly flags?: readonly string[];
  readonly runtime?: number;
  readonly deadline?: number;
  readonly period?: number;
}

export interface OciMount {
  readonly destination: string;
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[];
  readonly uidMappings?: readonly OciIdMapping[];
  readonly gidMappings?: readonly OciIdMapping[];
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
