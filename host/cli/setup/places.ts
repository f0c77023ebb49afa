import { join } from 'node:path';
import type { CliIo } from '../io.js';

export const ENGINES = ['podman', 'containerd'] as const;
export type SetupEngine = (typeof ENGINES)[number];

export interface SetupPlaces {
  /** Where the programs go. */
  readonly folder: string;
  /** Where the engine's drop-in goes. */
  readonly config: string;
}

/** Where a setup writes without `--dir` and `--config-dir`. */
export function defaultPlaces(engine: string, { env, user }: Pick<CliIo, 'env' | 'user'>): SetupPlaces {
  const isRoot = user.uid === 0;
  const home = env.HOME || user.home;
  const configHome = env.XDG_CONFIG_HOME || join(home, '.config');
  return {
    folder: join(isRoot ? '/usr/local/lib' : join(home, '.local/lib'), 'wasm-plugin', engine),
    config:
      engine === 'podman'
        ? join(isRoot ? '/etc' : configHome, 'containers/containers.conf.d')
        : '/etc/containerd/conf.d',
  };
}
