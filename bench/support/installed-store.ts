import { packPlugin } from '../../host/package/index.js';
import { nodeFiles, openStore } from '../../host/store/index.js';

/** The smallest component: no imports, no exports. */
const EMPTY_COMPONENT = new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);

/** Name of the plugin number `index`. */
export function pluginName(index: number): string {
  return `bench.example/plugin-${String(index).padStart(4, '0')}`;
}

/**
 * Install plugins that each contribute a command and a flag, so that `--help` has as much to read as a real store gives it.
 *
 * @param root - absolute; the store is made there.
 * @param count - how many.
 */
export async function fillStore(root: string, count: number): Promise<void> {
  // Durability is not measured here, and syncing a thousand installs takes minutes on a slow disk.
  const files = { ...nodeFiles, sync: () => {}, syncFolder: () => {} };
  const store = openStore({ root, kind: 'custom', files });
  for (let index = 0; index < count; index++) {
    await store.install(packageOf(index));
  }
}

function packageOf(index: number): Uint8Array {
  const name = pluginName(index);
  return packPlugin({
    component: EMPTY_COMPONENT,
    manifest: {
      name,
      author: 'bench',
      version: '1.0.0',
      description: `Plugin number ${index} of the benchmark`,
      requests: [],
      contributes: {
        commands: [{ path: `bench-${index}`, summary: `Do what plugin ${index} does` }],
        flags: [{ commands: ['run'], name: `bench-${index}`, type: 'bool', usage: `Let plugin ${index} take part` }],
        phases: [],
      },
    },
  });
}
