import { capabilities as definitions, type Hook, interfaceName } from '../abi/index.js';
import type { Grant } from '../grant/index.js';
import { type Capability, DEFAULT_SANDBOX_LIMITS, type Isolation, type SyncCapability } from '../sandbox/index.js';
import { refuse } from './answer.js';
import { type Clocks, clockCapability, systemClocks } from './clock.js';
import { type EnvSource, envCapability } from './env.js';
import { fsCapability } from './fs.js';
import { type HttpSources, httpCapability } from './http/index.js';
import { imageCapability } from './image.js';
import { type KeyValueStore, kvCapability } from './kv.js';
import type { PluginLog } from './log.js';
import { type RandomSource, randomCapability, systemRandom } from './random.js';
import { rootfsCapability } from './rootfs-entries.js';

/** What the capabilities of one plugin draw on. Absent sources mean: nothing there. */
export interface CapabilitySources {
  readonly log: PluginLog;
  readonly clocks?: Clocks | undefined;
  readonly random?: RandomSource | undefined;
  readonly env?: EnvSource | undefined;
  /** Made on the first use, so that plugins without a `kv` grant never touch the disk. */
  readonly kv?: (() => KeyValueStore) | undefined;
  /** How requests are made. Default: as the system does, within the limits of the capability. */
  readonly http?: HttpSources | undefined;
  /** What an instance of the plugin takes as one message. Default 16 MiB. */
  readonly messageBytes?: number | undefined;
}

/**
 * The host capabilities of one instance, keyed by interface name without version (`wasm-plugin:host/log`).
 *
 * Deny by default: `log`, `clock` and `random` always work; `env`, `fs`, `kv` and `http` answer `denied` unless `grants` has
 * something of their kind, and then check each request against it; `image` and `rootfs` do until `imageAccess` takes their place. A set holds nothing but what its sources hold, so each
 * instance can have its own.
 *
 * @param isolation - where the instance runs. Inline, where nobody can wait, `http` answers `unsupported`.
 */
export function hostCapabilities(
  grants: readonly Grant[],
  sources: CapabilitySources,
  isolation: Isolation = 'inline',
): Map<string, Capability> {
  const roots = grants.flatMap((grant) =>
    grant.kind === 'fs' ? [{ path: grant.path, writable: grant.mode === 'rw' }] : [],
  );
  const { kv, http = {}, messageBytes = DEFAULT_SANDBOX_LIMITS.messageBytes } = sources;
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
  const waiting = isolation === 'thread' ? httpCapability(grants, http, messageBytes) : cannotWait;
  add(definitions.http, granted('http') ? waiting : undefined);
  add(definitions.image, imageCapability(nothing, messageBytes));
  add(definitions.rootfs, rootfsCapability(nothing));
  return set;
}

const nothing = (): undefined => undefined;

const cannotWait: SyncCapability = () =>
  refuse(
    'unsupported',
    'Cannot make a request over HTTP: a plugin that runs inline cannot wait for the answer',
    "Load it with isolation: 'thread'",
  );

function lazily(make: () => SyncCapability): SyncCapability {
  let made: SyncCapability | undefined;
  return (request) => {
    made ??= make();
    return made(request);
  };
}
