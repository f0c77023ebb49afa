import { interfaceName } from '../abi/index.js';
import type { CapabilitySources, Clocks, EnvSource, LogLine, RandomSource } from '../capability/index.js';
import type { HostCapability } from './provide.js';

/** Ceilings for one plugin. Every one has a default; none can be switched off. */
export interface HostLimits {
  /** All linear memory of one instance together. Default 64, in MiB. */
  readonly memoryMiB?: number | undefined;
  /** One message, each way. Default 16, in MiB. */
  readonly messageMiB?: number | undefined;
  /** A package file. Default 64, which is also the most, in MiB. */
  readonly packageMiB?: number | undefined;
  /** Text that one call may log. Default 64, in KiB. */
  readonly logKiBPerCall?: number | undefined;
  /** What a plugin may keep in its key-value store. Default 1, in MiB. */
  readonly kvMiB?: number | undefined;
}

export interface HostOptions {
  readonly limits?: HostLimits | undefined;
  /** Receives the plugins' log lines, escaped and cut to the budget. Default: dropped. */
  readonly log?: ((line: LogLine) => void) | undefined;
  /** Made with `provide` or `provideRaw`; every plugin of this host may import them. Default: none. */
  readonly capabilities?: readonly HostCapability[] | undefined;
  /** What `env:` grants look into. Default: `process.env`. */
  readonly env?: EnvSource | undefined;
  /** Pin time to replay a run. Default: the system's. */
  readonly clocks?: Clocks | undefined;
  /** Pin randomness to replay a run. Default: the system's. */
  readonly random?: RandomSource | undefined;
}

/** The options with every default filled in; sizes in bytes. */
export interface ResolvedOptions {
  readonly memoryBytes: number;
  readonly messageBytes: number;
  readonly packageBytes: number;
  readonly logBytesPerCall: number;
  readonly kvBytes: number;
  readonly log: (line: LogLine) => void;
  readonly capabilities: readonly HostCapability[];
  readonly sources: Pick<CapabilitySources, 'env' | 'clocks' | 'random'>;
}

const KIB = 1024;
const MIB = 1024 * 1024;

/** Default and greatest value of each limit, in its own unit. 4096 MiB is all that 32-bit memory can address. */
const LIMITS: ReadonlyMap<string, { readonly default: number; readonly max: number }> = new Map([
  ['memoryMiB', { default: 64, max: 4096 }],
  ['messageMiB', { default: 16, max: 1024 }],
  ['packageMiB', { default: 64, max: 64 }],
  ['logKiBPerCall', { default: 64, max: 1024 * 1024 }],
  ['kvMiB', { default: 1, max: 4096 }],
]);

const OPTIONS = new Set(['limits', 'log', 'capabilities', 'env', 'clocks', 'random']);

/** @returns a problem for each key of `options` that is not in `known`. */
export function unknownOptions(options: object, known: ReadonlySet<string>): string[] {
  return Object.keys(options)
    .filter((key) => !known.has(key))
    .map((key) => `unknown option ${JSON.stringify(key)} (known: ${[...known].join(', ')})`);
}

/**
 * Check the embedder's options once and fill in the defaults.
 *
 * An unknown key is an error: a misspelt limit must not mean "no limit".
 *
 * @throws TypeError that lists every problem.
 */
export function resolveOptions(options: HostOptions): ResolvedOptions {
  const problems = unknownOptions(options, OPTIONS);
  const limits: Readonly<Record<string, unknown>> = { ...options.limits };
  for (const [key, value] of Object.entries(limits)) {
    const limit = LIMITS.get(key);
    if (limit === undefined) {
      problems.push(`unknown limit ${JSON.stringify(key)} (known: ${[...LIMITS.keys()].join(', ')})`);
    } else if (value !== undefined && !(typeof value === 'number' && value > 0 && value <= limit.max)) {
      problems.push(`limits.${key} must be a number above 0 and up to ${limit.max}, not ${String(value)}`);
    }
  }
  const capabilities = options.capabilities ?? [];
  const names = new Set<string>();
  for (const { id } of capabilities) {
    const name = interfaceName(id);
    if (names.has(name)) {
      problems.push(`capability ${JSON.stringify(name)} is given twice; imports of any version go to one`);
    }
    names.add(name);
    if (/^(wasm-plugin|wasi):/.test(id)) {
      problems.push(`capability ${id} is in a reserved namespace; use your own`);
    }
  }
  if (problems.length > 0) {
    throw new TypeError(`Cannot create a host: ${problems.join('; ')}`);
  }
  const limit = (key: string, unit: number): number =>
    Math.floor(((limits[key] as number | undefined) ?? LIMITS.get(key)?.default ?? 0) * unit);
  return {
    memoryBytes: limit('memoryMiB', MIB),
    messageBytes: limit('messageMiB', MIB),
    packageBytes: limit('packageMiB', MIB),
    logBytesPerCall: limit('logKiBPerCall', KIB),
    kvBytes: limit('kvMiB', MIB),
    log: options.log ?? (() => undefined),
    capabilities,
    sources: {
      env: options.env ?? ((name) => process.env[name]),
      clocks: options.clocks,
      random: options.random,
    },
  };
}
