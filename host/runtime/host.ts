import { fileURLToPath } from 'node:url';
import { PluginError } from '../errors/index.js';
import { effectiveGrants, parseGrant } from '../grant/index.js';
import { readPackage } from '../package/index.js';
import { type CompiledComponent, compileComponent } from '../sandbox/index.js';
import { InlinePool } from './inline-pool.js';
import type { InstancePool } from './instance-pool.js';
import { type InstanceSetup, makeInline, makeThread, prepareInstances } from './instances.js';
import { Ledger } from './ledger.js';
import { type LoadOptions, resolveLoad } from './load-options.js';
import { type HostOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { createPlugin, type Plugin } from './plugin.js';
import { Quarantine } from './quarantine.js';
import { readPackageFile } from './read-file.js';
import type { ResolvedRun } from './run-options.js';
import { ThreadPool } from './thread-pool.js';

const now = (): number => performance.now();

/** Loads plugins; holds what they share. Plugins of one host see nothing of each other. */
export interface Host {
  /**
   * Read, check and compile a package. Runs no code of it.
   *
   * @param source - path, file URL, or the bytes of a SIF package (copied, so you may reuse them).
   * @throws PluginError `IO_FAILED`, `SIF_MALFORMED`, `PACKAGE_INVALID`, `MANIFEST_INVALID`, `COMPONENT_MALFORMED`,
   *   `COMPONENT_UNSUPPORTED`, `LIMIT_EXCEEDED`, `GRANT_INVALID`, `PLUGIN_CLOSED`. TypeError for an unknown option.
   */
  load(source: string | URL | Uint8Array, options?: LoadOptions): Promise<Plugin>;
  /** Close every plugin that is still open. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Create a host for plugins.
 *
 * Defaults: instances run inline, one for each plugin, kept from call to call; 64 MiB of memory, 5 seconds for each call, fuel not
 * counted, messages of 16 MiB each way, 100,000 calls to the host and 64 KiB of log text for each call, 1 MiB of key-value store, packages
 * of 64 MiB; 5 deaths in a row close a plugin off for a minute; no grants, log lines dropped, `process.env` behind `env:`
 * grants, the system's clock and randomness.
 *
 * @throws TypeError that lists every unknown or impossible option.
 */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  const resolved = resolveOptions(options);
  const open = new Set<Plugin>();
  let closed = false;

  function checkOpen(): void {
    if (closed) {
      throw new PluginError('PLUGIN_CLOSED', 'Cannot load a plugin: the host was closed');
    }
  }

  async function close(): Promise<void> {
    closed = true;
    await Promise.all([...open].map((plugin) => plugin.close()));
  }

  return {
    async load(source, loadOptions = {}) {
      checkOpen();
      const run = resolveLoad(loadOptions, resolved.run);
      const plugin = await loadPlugin(source, loadOptions, resolved, run, (gone) => open.delete(gone));
      // Again: it may have been closed meanwhile, and nobody would close this one. Nothing of it has run.
      checkOpen();
      open.add(plugin);
      return plugin;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function loadPlugin(
  source: string | URL | Uint8Array,
  { grants = [], kv, image, code }: LoadOptions,
  host: ResolvedOptions,
  run: ResolvedRun,
  onClose: (plugin: Plugin) => void,
): Promise<Plugin> {
  const { limits, isolation } = run;
  const { manifest, component, digest, hooks } = readPackage(await bytesOf(source, limits.packageBytes));
  const effective = effectiveGrants(manifest.requests.map(parseGrant), grants.map(parseGrant));
  const { offered, setUp } = prepareInstances({
    name: manifest.name,
    grants: effective,
    kv,
    image,
    limits,
    isolation,
    host,
  });
  const compiled = await compileComponent(component, limits.sandbox, offered, isolation, code);
  const ledger = new Ledger({ fuel: limits.sandbox.fuel !== undefined, wall: isolation === 'thread' || run.ledger });
  const quarantine = new Quarantine(run.quarantine, now);
  return createPlugin({
    manifest,
    digest,
    hooks,
    grants: effective,
    isolation,
    pool: createPool(compiled, setUp, run, ledger, quarantine),
    ledger,
    quarantine,
    limits: limits.sandbox,
    onClose,
  });
}

function createPool(
  compiled: CompiledComponent,
  setUp: () => InstanceSetup,
  { isolation, pool: options, ledger: timed }: ResolvedRun,
  ledger: Ledger,
  quarantine: Quarantine,
): InstancePool {
  const shared = { options, ledger, quarantine, now };
  return isolation === 'thread'
    ? new ThreadPool({ ...shared, make: (signal) => makeThread(compiled, setUp(), signal) })
    : new InlinePool({ ...shared, timed, make: () => makeInline(compiled, setUp()) });
}

async function bytesOf(source: string | URL | Uint8Array, maxBytes: number): Promise<Uint8Array> {
  if (source instanceof Uint8Array) {
    if (source.byteLength > maxBytes) {
      throw new PluginError(
        'LIMIT_EXCEEDED',
        `Cannot load a package of ${source.byteLength} bytes: the limit is ${maxBytes}`,
      );
    }
    // The digest was taken of these bytes: nobody may change them afterwards.
    return source.slice();
  }
  return readPackageFile(source instanceof URL ? fileURLToPath(source) : source, maxBytes);
}
