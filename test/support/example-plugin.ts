import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryStore } from '../../host/capability/index.js';
import { compileProject } from '../../host/compile/index.js';
import type { PluginEntry } from '../../host/dispatch/index.js';
import { checkSettings, readPackage } from '../../host/package/index.js';

const BUILD = fileURLToPath(new URL('../../build/', import.meta.url));

/** Compile one of the folders in `plugins/` and return the package's bytes. */
export async function compileExample(name: string): Promise<Uint8Array> {
  return compileFolder(fileURLToPath(new URL(`../../plugins/${name}`, import.meta.url)));
}

/** Compile a plugin project; the package file itself is not kept. */
export async function compileFolder(folder: string): Promise<Uint8Array> {
  mkdirSync(BUILD, { recursive: true });
  const scratch = mkdtempSync(join(BUILD, 'example-'));
  try {
    return (await compileProject(folder, { out: join(scratch, 'plugin.sif') })).bytes;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

export interface InstalledOptions extends Partial<Omit<PluginEntry, 'settings'>> {
  /** The operator's. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
}

/** What a store would say of an installed package, with everything granted that it requests. */
export function installed(bytes: Uint8Array, { settings = {}, ...options }: InstalledOptions = {}): PluginEntry {
  const { manifest, hooks } = readPackage(bytes);
  const kv = memoryStore(1024 * 1024);
  return {
    name: manifest.name,
    version: manifest.version,
    order: 50,
    optional: false,
    overrides: [],
    grants: manifest.requests,
    hooks,
    contributes: manifest.contributes,
    monitor: manifest.monitor ?? 'observe',
    load: () => bytes,
    kv: () => kv,
    settings: (read) => checkSettings(read.settings, settings),
    ...options,
  };
}
