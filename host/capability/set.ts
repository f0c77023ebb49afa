import { capabilities as definitions, type Hook, interfaceName } from '../abi/index.js';
import type { Grant } from '../grant/index.js';
import type { Capability, SyncCapability } from '../sandbox/index.js';
import { refuse } from './answer.js';
import { type Clocks, clockCapability, systemClocks } from './clock.js';
import { type EnvSource, envCapability } from './env.js';
import { fsCapability } from './fs.js';
import { type KeyValueStore, kvCapability } from './kv.js';
import type { PluginLog } from './log.js';
import { type RandomSource, randomCapability, systemRandom } from './random.js';

/** What the capabilities of one plugin draw on. Absent sources mean: nothing there. */
export interface CapabilitySources {
  readonly log: PluginLog;
  readonly clocks?: Clocks | undefined;
  readonly random?: RandomSource | undefined;
  readonly env?: EnvSource | undefined;
  /** Made on the first use, so that plugins without a `kv` grant never touch the disk. */
  readonly kv?: (() => KeyValueStore) | undefined;
}

/**
 * The host capabilities of one plugin, keyed by interface name without version (`wasm-plugin:host/log`).
 *
 * Deny by default: `log`, `clock` and `random` always work; `env`, `fs` and `kv` answer `denied` unless `grants` has
 * something of their kind, and then check each request against it.
 */
export function hostCapabilities(grants: readonly Grant[], sources: CapabilitySources): Map<string, Capability> {
  const roots = grants.flatMap((grant) =>
    grant.kind === 'fs' ? [{ path: grant.path, writable: grant.mode === 'rw' }] : [],
  );
  const { kv } = sources;
  const granted = (kind: Grant['kind']): boolean => grants.some((grant) => grant.kind === kind);
  const set = new Map<string, Capability>();
  const add = (definition: Hook, capability: Capability | undefined): void => {
    const name = interfaceName(definition.id);
    set.set(name, capability ?? (() => refuse('denied', `${name} was not granted`)));
  };
  add(definitions.log, sources.log.capability);
  add(definitions.clock, clockCapability(sources.clocks ?? systemClocks));
  add(definitions.random, randomCapability(sources.random ?? systemRandom));
  add(definitions.env, granted('env') ? envCapability(grants, sources.env ?? (() => undefined)) : undefined);
  add(definitions.fs, granted('fs') ? fsCapability(roots) : undefined);
  add(definitions.kv, granted('kv') && kv !== undefined ? lazily(() => kvCapability(kv())) : undefined);
  return set;
}

function lazily(make: () => SyncCapability): SyncCapability {
  let made: SyncCapability | undefined;
  return (request) => {
    made ??= make();
    return made(request);
  };
}
