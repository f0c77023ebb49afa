import type { Manifest } from '../../host/package/index.js';
import { packPlugin } from '../../host/package/index.js';

/** The smallest component: it exports nothing. */
const EMPTY_COMPONENT = new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);

/** A real package that does nothing. */
export function aPackage(name: string, version = '1.0.0', changes: Partial<Manifest> = {}): Uint8Array {
  return packPlugin({
    component: EMPTY_COMPONENT,
    manifest: {
      name,
      author: 'Someone',
      version,
      description: `${name} ${version}`,
      requests: [],
      contributes: { commands: [], flags: [], phases: [] },
      ...changes,
    },
  });
}
