/** Stores with as many plugins as a row needs, each the smallest that does what plugins do: it sets a variable. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packPlugin, readPackage } from '../../host/package/index.js';
import { cachedBuild } from '../../test/support/build-cache.js';
import { compileFolder } from '../../test/support/example-plugin.js';

/** Plugins in each store. */
export const COUNTS = [0, 1, 5] as const;

/**
 * Make a store for each of {@link COUNTS}.
 *
 * @param folder - absolute; they are made there.
 * @param command - the program that installs.
 * @returns paths of the stores, in the order of the counts.
 */
export async function makeStores(folder: string, command: string): Promise<readonly string[]> {
  const packages: string[] = [];
  for (let index = 0; index < Math.max(...COUNTS); index++) {
    const path = join(folder, `plugin-${index}.sif`);
    writeFileSync(path, await buildPlugin(folder, index));
    packages.push(path);
  }
  return COUNTS.map((count) => {
    const store = join(folder, `store-${count}`);
    for (const path of packages.slice(0, count)) {
      execFileSync(process.execPath, [command, '--store', store, 'install', '--yes', path], { stdio: 'pipe' });
    }
    return store;
  });
}

/** Each differs from the others in its code: what is compiled for one must not serve the next. */
async function buildPlugin(folder: string, index: number): Promise<Uint8Array> {
  const name = `bench.example/hook-${index}`;
  const manifest = {
    name,
    author: 'bench',
    version: '1.0.0',
    description: 'Sets a variable',
    requests: ['config:env'],
  };
  const source = `import { EngineConfigRequest, EngineConfigResponse } from "@wasm-plugin/assemblyscript";

export function engineConfig(request: EngineConfigRequest): EngineConfigResponse {
  return new EngineConfigResponse().setEnv("BENCH_${index}", "of plugin ${index}");
}
`;
  const inputs = {
    name: `bench-hook-${index}`,
    // As seen from test/programs: the SDK goes in.
    folders: ['../../guest-sdk/assemblyscript/assembly'],
    toolchain: ['assemblyscript', '@bytecodealliance/jco'],
    options: [JSON.stringify(manifest), source],
  };
  const component = await cachedBuild(inputs, async () => {
    const project = join(folder, `project-${index}`);
    mkdirSync(join(project, 'assembly'), { recursive: true });
    writeFileSync(join(project, 'plugin.json'), JSON.stringify(manifest));
    writeFileSync(join(project, 'asconfig.json'), '{ "extends": "wasm-plugin/asconfig.json" }');
    writeFileSync(join(project, 'assembly/index.ts'), source);
    return readPackage(await compileFolder(project)).component;
  });
  return packPlugin({ component, manifest: { ...manifest, contributes: { commands: [], flags: [], phases: [] } } });
}
