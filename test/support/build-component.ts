import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentEmbed, componentNew, preview1AdapterReactorPath } from '@bytecodealliance/jco';
import { PROGRAMS } from './build-cache.js';

/** Path of a world in `test/programs/wit`. */
export function witPath(name: string): string {
  return join(PROGRAMS, 'wit', `${name}.wit`);
}

/**
 * Make a component of a core module.
 *
 * @param wit - name of the file in `test/programs/wit` whose world `plugin` the module implements.
 * @param adapter - whether the module uses WASI preview 1 and needs the adapter to preview 2.
 */
export async function buildComponent(core: Uint8Array, wit: string, adapter: boolean): Promise<Uint8Array> {
  const embedded = await componentEmbed({
    binary: core,
    witSource: readFileSync(witPath(wit), 'utf8'),
    world: 'plugin',
  });
  const adapters: [string, Uint8Array][] = adapter
    ? [['wasi_snapshot_preview1', new Uint8Array(readFileSync(preview1AdapterReactorPath()))]]
    : [];
  return componentNew(embedded, adapters);
}
