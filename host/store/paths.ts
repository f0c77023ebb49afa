/** Which store a command works on (README.md, "For site admins"). Pure: the environment and the user come in as arguments. */
import { isAbsolute, join, resolve } from 'node:path';
import { PluginError } from '../errors/index.js';
import type { StoreKind } from './context.js';

export interface StoreLocation {
  /** Absolute. */
  readonly root: string;
  readonly kind: StoreKind;
}

export interface StoreRequest {
  /** `--store DIR`; relative to `cwd`. */
  readonly store?: string | undefined;
  /** Working folder, absolute. Default: this process's. */
  readonly cwd?: string | undefined;
  /** `--system`. */
  readonly system?: boolean | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Effective user id. */
  readonly uid: number;
  /** The user's home folder if HOME is not set. */
  readonly home?: string | undefined;
  /** The command changes the store, so it must be allowed to; its name is for the message: `install`. */
  readonly changing?: string | undefined;
}

export interface StoreChoice {
  /** The one that changes go to. */
  readonly target: StoreLocation;
  /** Those whose plugins count, the one that wins a name first. */
  readonly visible: readonly StoreLocation[];
}

export const SYSTEM_STORE = '/var/lib/wasm-plugin';

/**
 * Choose the store: `--store`, `--system`, `WASM_PLUGIN_STORE`, the system's for root, the user's own, in this order.
 *
 * @throws PluginError `STORE_REFUSED` if the system's is to be changed without root privileges, if there is no home folder to
 *   keep a user's store in, or if `--store` and `--system` are both given.
 */
export function resolveStore(request: StoreRequest): StoreChoice {
  const { store, system, env, uid, changing } = request;
  if (store !== undefined && system === true) {
    throw new PluginError('STORE_REFUSED', 'Cannot use --store and --system together: they name two stores', {
      hint: 'Give one of them.',
    });
  }
  const custom = store ?? (system === true ? undefined : env.WASM_PLUGIN_STORE || undefined);
  if (custom !== undefined) {
    const target: StoreLocation = { root: resolve(request.cwd ?? '.', custom), kind: 'custom' };
    return { target, visible: [target] };
  }
  const systemStore: StoreLocation = { root: SYSTEM_STORE, kind: 'system' };
  if (system === true || uid === 0) {
    if (changing !== undefined && uid !== 0) {
      throw new PluginError('STORE_REFUSED', `"wasm-plugin ${changing} --system" needs root privileges`, {
        hint: 'Run it as root, or leave --system out to use your own store.',
        details: { uid, path: SYSTEM_STORE },
      });
    }
    return { target: systemStore, visible: [systemStore] };
  }
  const target: StoreLocation = { root: userRoot(request), kind: 'user' };
  return { target, visible: [systemStore, target] };
}

function userRoot({ env, home }: StoreRequest): string {
  const data = env.XDG_DATA_HOME;
  // The XDG Base Directory Specification says to ignore a relative path there.
  if (data !== undefined && isAbsolute(data)) {
    return join(data, 'wasm-plugin');
  }
  const folder = env.HOME || home;
  if (folder === undefined || !isAbsolute(folder)) {
    throw new PluginError('STORE_REFUSED', 'Cannot find your store: HOME is not set to an absolute path', {
      hint: 'Set HOME, or name a store with --store.',
    });
  }
  return join(folder, '.local', 'share', 'wasm-plugin');
}
