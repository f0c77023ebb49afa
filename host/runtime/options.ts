import { interfaceName } from '../abi/index.js';
import {
  type CapabilitySources,
  type Clocks,
  type EnvSource,
  type HttpSources,
  type LogLine,
  MAX_BODY_BYTES,
  MAX_TIMEOUT_MS,
  type RandomSource,
} from '../capability/index.js';
import { type NumberOptions, objectProblems, unknownOptions } from './number-options.js';
import type { HostCapability } from './provide.js';
import { copyRun, RUN_OPTIONS, type RunOptions, resolveRun, runProblems } from './run-options.js';

export interface HostOptions extends RunOptions {
  /** Receives the plugins' log lines, escaped and cut to the budget. Default: dropped. */
  readonly log?: ((line: LogLine) => void) | undefined;
  /** Made with `provide` or `provideRaw`; every plugin of this host may import them. Default: none. */
  readonly capabilities?: readonly HostCapability[] | undefined;
  /** What `env:` grants look into. Default: `process.env`. */
  readonly env?: EnvSource | undefined;
  /** How requests under `http:` grants are made. Default: as the system does, within the limits of docs/rationale.md. */
  readonly http?: HttpSources | undefined;
  /** Pin time to replay a run. Default: the system's. */
  readonly clocks?: Clocks | undefined;
  /** Pin randomness to replay a run. Default: the system's. */
  readonly random?: RandomSource | undefined;
}

/** The options with every default filled in, but those that a plugin may choose for itself. */
export interface ResolvedOptions {
  readonly run: RunOptions;
  readonly log: (line: LogLine) => void;
  readonly capabilities: readonly HostCapability[];
  readonly sources: Pick<CapabilitySources, 'env' | 'http' | 'clocks' | 'random'>;
}

const HTTP: NumberOptions<Pick<HttpSources, 'timeoutMs' | 'bodyBytes'>> = {
  timeoutMs: { default: MAX_TIMEOUT_MS, least: 1, most: MAX_TIMEOUT_MS },
  bodyBytes: { default: MAX_BODY_BYTES, least: 1, most: MAX_BODY_BYTES },
};
const HTTP_SOURCES: readonly (keyof HttpSources)[] = ['ca', 'lookup'];
const OPTIONS = [...RUN_OPTIONS, 'log', 'capabilities', 'env', 'http', 'clocks', 'random'];

/**
 * Check the embedder's options once and fill in the defaults.
 *
 * An unknown key is an error: a misspelt limit must not mean "no limit".
 *
 * @throws TypeError that lists every problem.
 */
export function resolveOptions(options: HostOptions): ResolvedOptions {
  const problems = [
    ...unknownOptions(options, OPTIONS),
    ...objectProblems({ name: 'http', what: 'option of http', given: options.http, table: HTTP, more: HTTP_SOURCES }),
    ...runProblems(options),
  ];
  if (problems.length === 0) {
    resolveRun([options], problems);
  }
  const capabilities = options.capabilities ?? [];
  problems.push(...capabilityProblems(capabilities));
  if (problems.length > 0) {
    throw new TypeError(`Cannot create a host: ${problems.join('; ')}`);
  }
  return {
    run: copyRun(options),
    log: options.log ?? (() => undefined),
    capabilities,
    sources: {
      env: options.env ?? ((name) => process.env[name]),
      http: options.http === undefined ? undefined : { ...options.http },
      clocks: options.clocks,
      random: options.random,
    },
  };
}

function capabilityProblems(capabilities: readonly HostCapability[]): string[] {
  const problems: string[] = [];
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
  return problems;
}
