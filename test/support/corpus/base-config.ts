/** What the edits of the corpus change. */
import type { JsonObject } from '../../../host/dispatch/json.js';

export const CONFIG: JsonObject = {
  ociVersion: '1.0.2',
  process: { args: ['sh'], env: ['PATH=/bin'], cwd: '/' },
  root: { path: 'rootfs' },
  hostname: 'box',
  mounts: [{ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: [] }],
};
