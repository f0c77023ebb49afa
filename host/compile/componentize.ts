/** Core module -> component, with the Component Model's own tools. */
import { readFile } from 'node:fs/promises';
import { PluginError } from '../errors/index.js';
import { loadToolchain } from './toolchain.js';
import { deriveWorld, WORLD_NAME } from './world.js';

/**
 * @param core - with hooks exported as `<interface id>#handle`.
 * @param projectDir - absolute; where else to look for the tools.
 * @returns a component that imports what the module imports and exports its hooks.
 * @throws PluginError `COMPILE_FAILED`, `TOOLCHAIN_MISSING`.
 */
export async function componentize(core: Uint8Array, projectDir: string): Promise<Uint8Array> {
  const world = deriveWorld(core);
  const jco = await loadToolchain<typeof import('@bytecodealliance/jco')>('@bytecodealliance/jco', projectDir);
  try {
    const embedded = await jco.componentEmbed({ binary: core, witSource: world.wit, world: WORLD_NAME });
    const adapters: [string, Uint8Array][] = world.needsWasi
      ? [['wasi_snapshot_preview1', await readFile(jco.preview1AdapterReactorPath())]]
      : [];
    return await jco.componentNew(embedded, adapters);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PluginError('COMPILE_FAILED', `Cannot make a component: ${why}`, { cause });
  }
}
