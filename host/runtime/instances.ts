/** Instances of one plugin as its host makes them: each with capabilities and a log budget of its own, over what they share. */
import { interfaceName } from '../abi/index.js';
import {
  createPluginLog,
  hostCapabilities,
  type ImageAccess,
  type KeyValueStore,
  memoryStore,
  refuse,
  systemClocks,
  systemRandom,
} from '../capability/index.js';
import type { Grant } from '../grant/index.js';
import type {
  Capability,
  CompiledComponent,
  ComponentInstance,
  InstanceOptions,
  Isolation,
  ThreadInstance,
} from '../sandbox/index.js';
import type { ResolvedLimits } from './limits.js';
import type { ResolvedOptions } from './options.js';
import type { Made } from './slot.js';

export interface InstanceSources {
  /** The plugin's name, for its log lines. */
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly kv: (() => KeyValueStore) | undefined;
  readonly image?: ImageAccess | undefined;
  readonly limits: ResolvedLimits;
  readonly isolation: Isolation;
  readonly host: Pick<ResolvedOptions, 'log' | 'capabilities' | 'sources'>;
}

/** What one new instance gets. */
export interface InstanceSetup {
  readonly options: InstanceOptions;
  /** Gives the next call its full log budget. */
  readonly startCall: () => void;
}

const NS_PER_SECOND = 1_000_000_000n;

/**
 * Prepare instances.
 *
 * @returns `offered`: names without version of the capabilities that each gets; `setUp` makes what one instance gets.
 */
export function prepareInstances(sources: InstanceSources): {
  readonly offered: ReadonlySet<string>;
  readonly setUp: () => InstanceSetup;
} {
  const { limits, host } = sources;
  const clocks = host.sources.clocks ?? systemClocks;
  const makeStore = sources.kv ?? (() => memoryStore(limits.kvBytes));
  let store: KeyValueStore | undefined;
  const kv = (): KeyValueStore => {
    store ??= makeStore();
    return store;
  };

  function setUp(): InstanceSetup & { readonly capabilities: Map<string, Capability> } {
    const log = createPluginLog(sources.name, host.log, limits.logBytesPerCall);
    const { messageBytes } = limits.sandbox;
    const capabilities = hostCapabilities(
      sources.grants,
      { ...host.sources, log, kv, messageBytes },
      sources.isolation,
    );
    for (const { id, answer } of [...host.capabilities, ...(sources.image?.capabilities(messageBytes) ?? [])]) {
      capabilities.set(interfaceName(id), answer);
    }
    return {
      capabilities,
      startCall: log.startCall,
      options: {
        capabilities,
        limits: limits.sandbox,
        missing: (name) => refuse('unsupported', `This host does not know ${name}`).payload,
        lastWords: log.lastWords,
        wasi: {
          onLine: (stream, line) => log.writeLine(stream === 'stdout' ? 'info' : 'warn', line),
          wallClock: () => {
            const ns = clocks.wallNs();
            return { seconds: ns / NS_PER_SECOND, nanoseconds: Number(ns % NS_PER_SECOND) };
          },
          monotonicNow: () => clocks.monotonicNs(),
          random: host.sources.random ?? systemRandom,
          env: new Map(),
          args: [],
        },
      },
    };
  }

  return { offered: new Set(setUp().capabilities.keys()), setUp };
}

/** Make an instance that runs in this thread. */
export function makeInline(
  compiled: CompiledComponent,
  { options, startCall }: InstanceSetup,
): Made<ComponentInstance> {
  return { instance: compiled.instantiate(options), startCall };
}

/** Make an instance in a thread of its own. */
export async function makeThread(
  compiled: CompiledComponent,
  { options, startCall }: InstanceSetup,
  signal: AbortSignal,
): Promise<Made<ThreadInstance>> {
  return { instance: await compiled.startThread(options, signal), startCall };
}
