import { DEFAULT_SANDBOX_LIMITS, type SandboxLimits } from '../sandbox/index.js';
import { type NumberOptions, numberOf } from './number-options.js';

/** Ceilings for one plugin. Every one has a default; none can be switched off. */
export interface HostLimits {
  /** All linear memory of one instance together. Default 64, most 4096, in MiB. */
  readonly memoryMiB?: number | undefined;
  /** Entries of all tables of one instance together. Default 100,000. */
  readonly tableEntries?: number | undefined;
  /** Instances of the plugin that are alive at once, so the most that its pool may be given. Default 16. */
  readonly instances?: number | undefined;
  /**
   * Stack of an instance in a thread of its own. Default 1024, in KiB. Inline, an instance has what its caller left of this thread's
   * stack, and ends when that is used up.
   */
  readonly stackKiB?: number | undefined;
  /** One message, each way, of hooks and of capabilities. Default 16, in MiB. */
  readonly messageMiB?: number | undefined;
  /**
   * Wall time of each call, and of starting an instance, in whole milliseconds. Default 5000. It counts from when an instance takes the
   * call, not while the call is queued. A call inside a call keeps the outer one's deadline too.
   */
  readonly deadlineMs?: number | undefined;
  /**
   * Work that one call may do, counted exactly and the same on every machine: about one unit for each instruction
   * (docs/rationale.md). Default: not counted, which is faster; the deadline ends the call then.
   */
  readonly fuel?: number | undefined;
  /** Calls to the host, capabilities and WASI functions alike, during one call. Default 100,000. */
  readonly capabilityCalls?: number | undefined;
  /** Text that one call may log. Default 64, in KiB. */
  readonly logKiBPerCall?: number | undefined;
  /** What a plugin may keep in the key-value store that it has by default. Default 1, in MiB. */
  readonly kvMiB?: number | undefined;
  /** A package file. Default 64, which is also the most, in MiB. */
  readonly packageMiB?: number | undefined;
  /** One core module of the component. Default 32, in MiB. */
  readonly moduleMiB?: number | undefined;
  /**
   * The code of one function. Default 256, in KiB. V8 compiles a function when it is first called, and nothing can interrupt that: this
   * bounds how far it goes past a deadline.
   */
  readonly functionKiB?: number | undefined;
  /** Reading, checking and compiling one package, in whole milliseconds. Default 10,000. */
  readonly compileMs?: number | undefined;
}

const KIB = 1024;
const MIB = 1024 * KIB;
/** The longest that a timer of Node takes: 25 days. */
const MAX_MS = 2 ** 31 - 1;
const sandbox = DEFAULT_SANDBOX_LIMITS;

/** Default and bounds of each limit, in its own unit. */
export const LIMITS: NumberOptions<HostLimits> = {
  // All that 32-bit addresses reach.
  memoryMiB: { default: sandbox.memoryBytes / MIB, most: 4096 },
  // V8 makes no larger table.
  tableEntries: { default: sandbox.tableEntries, least: 1, most: 10_000_000 },
  instances: { default: 16, least: 1, most: 1024 },
  // On top of what the host's own functions need below it.
  stackKiB: { default: sandbox.stackBytes / KIB, least: 1, most: 64 * KIB },
  messageMiB: { default: sandbox.messageBytes / MIB, most: 1024 },
  deadlineMs: { default: sandbox.deadlineMs, least: 1, most: MAX_MS },
  fuel: { default: undefined, least: 1, most: Number.MAX_SAFE_INTEGER },
  capabilityCalls: { default: sandbox.capabilityCalls, least: 1, most: Number.MAX_SAFE_INTEGER },
  logKiBPerCall: { default: 64, most: MIB },
  kvMiB: { default: 1, most: 4096 },
  packageMiB: { default: 64, most: 64 },
  moduleMiB: { default: sandbox.moduleBytes / MIB, most: 64 },
  // V8 takes no function of 7.3 MiB and more.
  functionKiB: { default: sandbox.functionBytes / KIB, most: 7 * KIB },
  compileMs: { default: sandbox.compileMs, least: 1, most: MAX_MS },
};

/** The limits with every default filled in; sizes in bytes. */
export interface ResolvedLimits {
  /** Those that the sandbox holds. */
  readonly sandbox: Partial<SandboxLimits> & Pick<SandboxLimits, 'messageBytes' | 'deadlineMs' | 'fuel'>;
  readonly instances: number;
  readonly packageBytes: number;
  readonly logBytesPerCall: number;
  readonly kvBytes: number;
}

/** @param given - that of a plugin before that of its host; checked before. */
export function resolveLimits(...given: readonly (HostLimits | undefined)[]): ResolvedLimits {
  const limit = (key: keyof HostLimits, unit = 1): number => Math.floor((numberOf(LIMITS, key, ...given) ?? 0) * unit);
  return {
    sandbox: {
      memoryBytes: limit('memoryMiB', MIB),
      tableEntries: limit('tableEntries'),
      stackBytes: limit('stackKiB', KIB),
      messageBytes: limit('messageMiB', MIB),
      deadlineMs: limit('deadlineMs'),
      fuel: numberOf(LIMITS, 'fuel', ...given),
      capabilityCalls: limit('capabilityCalls'),
      moduleBytes: limit('moduleMiB', MIB),
      functionBytes: limit('functionKiB', KIB),
      compileMs: limit('compileMs'),
    },
    instances: limit('instances'),
    packageBytes: limit('packageMiB', MIB),
    logBytesPerCall: limit('logKiBPerCall', KIB),
    kvBytes: limit('kvMiB', MIB),
  };
}
