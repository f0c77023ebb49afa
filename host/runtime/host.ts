import { fileURLToPath } from 'node:url';
import { interfaceName } from '../abi/index.js';
import {
  createPluginLog,
  hostCapabilities,
  type KeyValueStore,
  memoryStore,
  refuse,
  systemClocks,
  systemRandom,
} from '../capability/index.js';
import { PluginError } from '../errors/index.js';
import { effectiveGrants, parseGrant } from '../grant/index.js';
import { readPackage } from '../package/index.js';
import { compileComponent } from '../sandbox/index.js';
import { type HostOptions, type ResolvedOptions, resolveOptions, unknownOptions } from './options.js';
import { createPlugin, type Plugin } from './plugin.js';
import { readPackageFile } from './read-file.js';

export interface LoadOptions {
  /** What the plugin may do, as grant texts such as `env:SLURM_*`. Default: nothing. Only what its manifest requests takes effect. */
  readonly grants?: readonly string[] | undefined;
  /** Its key-value store, if it is granted `kv`. Default: one in memory that is lost on close. */
  readonly kv?: (() => KeyValueStore) | undefined;
}

const LOAD_OPTIONS = new Set(['grants', 'kv']);

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
 * Defaults: 64 MiB of memory for each plugin, messages of 16 MiB each way, packages of 64 MiB, 64 KiB of log text for each
 * call, 1 MiB of key-value store; no grants, log lines dropped, `process.env` behind `env:` grants, the system's clock and
 * randomness.
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
      const [problem] = unknownOptions(loadOptions, LOAD_OPTIONS);
      if (problem !== undefined) {
        throw new TypeError(`Cannot load a plugin: ${problem}`);
      }
      const plugin = await loadPlugin(source, loadOptions, resolved, (gone) => open.delete(gone));
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
  { grants = [], kv }: LoadOptions,
  options: ResolvedOptions,
  onClose: (plugin: Plugin) => void,
): Promise<Plugin> {
  const { manifest, component, digest, hooks } = readPackage(await bytesOf(source, options.packageBytes));
  const effective = effectiveGrants(manifest.requests.map(parseGrant), grants.map(parseGrant));
  const log = createPluginLog(manifest.name, options.log, options.logBytesPerCall);
  const capabilities = hostCapabilities(effective, {
    ...options.sources,
    log,
    kv: kv ?? (() => memoryStore(options.kvBytes)),
  });
  for (const { id, answer } of options.capabilities) {
    capabilities.set(interfaceName(id), answer);
  }
  const limits = { memoryBytes: options.memoryBytes, messageBytes: options.messageBytes };
  const compiled = await compileComponent(component, limits, new Set(capabilities.keys()));
  const clocks = options.sources.clocks ?? systemClocks;
  return createPlugin({
    manifest,
    digest,
    hooks,
    grants: effective,
    startCall: log.startCall,
    onClose,
    instantiate: () =>
      compiled.instantiate({
        capabilities,
        limits,
        missing: (name) => refuse('unsupported', `This host does not know ${name}`).payload,
        lastWords: log.lastWords,
        wasi: {
          onLine: (stream, line) => log.writeLine(stream === 'stdout' ? 'info' : 'warn', line),
          wallClock: () => {
            const ns = clocks.wallNs();
            return { seconds: ns / 1_000_000_000n, nanoseconds: Number(ns % 1_000_000_000n) };
          },
          monotonicNow: () => clocks.monotonicNs(),
          random: options.sources.random ?? systemRandom,
          env: new Map(),
          args: [],
        },
      }),
  });
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
