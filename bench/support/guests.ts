/** Builds the guests of bench/guests, once for each state of their sources. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentEmbed, componentNew } from '@bytecodealliance/jco';
import { packPlugin } from '../../host/index.js';
import { cachedBuild } from '../../test/support/build-cache.js';
import { compileAssemblyScript, type Renames } from '../../test/support/compile-assemblyscript.js';
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

const RENAMES: Renames = {
  echo: [`${ECHO}#handle`],
  relay: [`${RELAY}#handle`],
  afterAnswer: [`cabi_post_${ECHO}#handle`, `cabi_post_${RELAY}#handle`],
  realloc: ['cabi_realloc'],
};

const OPTIONS = ['--use', 'abort=trapOnAbort'];

/** Build the guests, or take them from an earlier run. */
export async function buildGuests(): Promise<BenchGuests> {
  const core = await cachedBuild(inputs('core', ['assemblyscript']), () =>
    compileAssemblyScript('bench/guests/echo.ts', RENAMES, OPTIONS),
  );
  const component = await cachedBuild(inputs('component', ['assemblyscript', '@bytecodealliance/jco']), async () => {
    const witSource = readFileSync(join(ROOT, 'bench/guests/echo.wit'), 'utf8');
    return componentNew(await componentEmbed({ binary: core, witSource, world: 'plugin' }), []);
  });
  const extism = await cachedBuild(inputs('extism', ['assemblyscript']), () =>
    compileAssemblyScript('bench/guests/extism-echo.ts', {}, OPTIONS),
  );
  return { core, component, extism };
}

/** A component as a package that requests nothing. */
export function packGuest(component: Uint8Array): Uint8Array {
  return packPlugin({
    component,
    manifest: {
      name: 'bench.example/guest',
      author: 'bench',
      version: '1.0.0',
      description: 'A guest of the benchmarks',
      requests: [],
      contributes: { commands: [], flags: [], phases: [] },
    },
  });
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
