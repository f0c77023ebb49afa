/** Builds the two guests that only compute: AssemblyScript (compiled) and JavaScript (interpreted by QuickJS). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentEmbed, componentNew } from '@bytecodealliance/jco';
import { componentize } from 'componentize-qjs';
import { cachedBuild } from '../../test/support/build-cache.js';
import { compileAssemblyScript, type Renames } from '../../test/support/compile-assemblyscript.js';
import { ROOT } from './root.js';

/** Their hook: rounds in, checksum out; see bench/guests/cpu.wit. */
export const BURN = 'bench:cpu/burn@1.0.0';

const WIT = join(ROOT, 'bench/guests/cpu.wit');
const RENAMES: Renames = {
  burn: [`${BURN}#handle`],
  afterAnswer: [`cabi_post_${BURN}#handle`],
  realloc: ['cabi_realloc'],
};
const OPTIONS = ['--use', 'abort='];
// As seen from test/programs.
const FOLDERS = ['../../bench/guests', '../../bench/guests/kernels'];

/** Rounds of SHA-256 over 128 KiB, about a millisecond each. */
export function buildCompiledBurn(): Promise<Uint8Array> {
  const inputs = {
    name: 'bench-burn-assemblyscript',
    folders: FOLDERS,
    toolchain: ['assemblyscript', '@bytecodealliance/jco'],
    options: [...OPTIONS, JSON.stringify(RENAMES)],
  };
  return cachedBuild(inputs, async () => {
    const binary = await compileAssemblyScript('bench/guests/burn.ts', RENAMES, OPTIONS);
    const witSource = readFileSync(WIT, 'utf8');
    return componentNew(await componentEmbed({ binary, witSource, world: 'plugin' }), []);
  });
}

/** Rounds of a script's work, a few milliseconds each. */
export function buildInterpretedBurn(): Promise<Uint8Array> {
  const options = { world: 'plugin', stubWasi: true, sync: true, optSize: true };
  const inputs = {
    name: 'bench-burn-javascript',
    folders: FOLDERS,
    toolchain: ['componentize-qjs'],
    options: [JSON.stringify(options)],
  };
  return cachedBuild(inputs, async () => {
    const jsSource = readFileSync(join(ROOT, 'bench/guests/burn.js'), 'utf8');
    const { component } = await componentize({ jsSource, witPath: WIT, ...options });
    return new Uint8Array(component);
  });
}

/** A request for so many rounds. */
export function burnRequest(rounds: number): Uint8Array {
  const request = new Uint8Array(4);
  new DataView(request.buffer).setInt32(0, rounds, true);
  return request;
}
