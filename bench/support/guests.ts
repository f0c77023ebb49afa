/** Builds the guests of bench/guests, once for each state of their sources. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { componentEmbed, componentNew } from '@bytecodealliance/jco';
import { cachedBuild } from '../../test/support/build-cache.js';
import { ROOT } from './root.js';

/** Hook that answers with its request. */
export const ECHO = 'bench:echo/echo@1.0.0';
/** Hook that answers with what the capability answers to its request. */
export const RELAY = 'bench:echo/relay@1.0.0';
/** The capability. */
export const HOST = 'bench:echo/host@1.0.0';

export interface BenchGuests {
  /** What every contender but Extism runs. */
  readonly core: Uint8Array;
  /** `core` as a component. */
  readonly component: Uint8Array;
  /** The same functions for Extism's own ABI. */
  readonly extism: Uint8Array;
}

/** AssemblyScript cannot spell a component's export names. */
const RENAMES: Readonly<Record<string, readonly string[]>> = {
  echo: [`${ECHO}#handle`],
  relay: [`${RELAY}#handle`],
  afterAnswer: [`cabi_post_${ECHO}#handle`, `cabi_post_${RELAY}#handle`],
  realloc: ['cabi_realloc'],
};

const OPTIONS = ['--runtime', 'minimal', '--optimizeLevel', '3', '--use', 'abort=trapOnAbort'];

/** Build the guests, or take them from an earlier run. */
export async function buildGuests(): Promise<BenchGuests> {
  const core = await cachedBuild(inputs('core', ['assemblyscript']), () => compile('echo', RENAMES));
  const component = await cachedBuild(inputs('component', ['assemblyscript', '@bytecodealliance/jco']), async () => {
    const witSource = readFileSync(join(ROOT, 'bench/guests/echo.wit'), 'utf8');
    return componentNew(await componentEmbed({ binary: core, witSource, world: 'plugin' }), []);
  });
  const extism = await cachedBuild(inputs('extism', ['assemblyscript']), () => compile('extism-echo', {}));
  return { core, component, extism };
}

function inputs(name: string, toolchain: readonly string[]) {
  return {
    name: `bench-${name}`,
    // As seen from test/programs.
    folders: ['../../bench/guests'],
    toolchain,
    options: [name, ...OPTIONS, JSON.stringify(RENAMES)],
  };
}

async function compile(name: string, renames: Readonly<Record<string, readonly string[]>>): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'asc-'));
  try {
    const outFile = join(folder, 'a.wasm');
    const target = ['--baseDir', ROOT, '--outFile', relative(ROOT, outFile), ...OPTIONS];
    const script = join(ROOT, 'bench/support/run-asc.mjs');
    const entry = `bench/guests/${name}.ts`;
    await promisify(execFile)(process.execPath, [script, JSON.stringify(renames), entry, ...target], { cwd: ROOT });
    return new Uint8Array(await readFile(outFile));
  } finally {
    await rm(folder, { recursive: true });
  }
}
