/** The configuration files of other engines, read and never written. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SetupFacts } from './plan.js';
import { RUNTIME_NAME } from './plan.js';

/** They are some KiB. */
const MAX_CONFIG_BYTES = 1024 * 1024;

/** What podman reads before our drop-in: the distribution's file, the site's, the user's, drop-ins by name. */
export function podmanConfigs({ config }: Pick<SetupFacts, 'config'>): string[] {
  const above = resolve(config, '..');
  return [...new Set(['/usr/share/containers', '/etc/containers', above])]
    .flatMap((folder) => [join(folder, 'containers.conf'), ...dropIns(join(folder, 'containers.conf.d'))])
    .flatMap((path) => readIfThere(path) ?? []);
}

function dropIns(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.conf') && name < `${RUNTIME_NAME}.conf`)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** @returns undefined if there is no such file, or it is too large to be a configuration. */
export function readIfThere(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size <= MAX_CONFIG_BYTES ? readFileSync(path, 'utf8') : undefined;
}
