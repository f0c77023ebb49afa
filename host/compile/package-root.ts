import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PluginError } from '../errors/index.js';

const SDK = join('guest-sdk', 'assemblyscript');

/**
 * The folder with this package's package.json: some folders above this module, whether it runs from `host/` or as a part of a
 * bundle in `dist/`. What is shipped beside the code (SDK sources, templates, asconfig.json) lies in it.
 *
 * @throws PluginError `HOST_BUG` if the package was installed without them.
 */
export function packageRoot(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
    if (existsSync(join(dir, SDK, 'package.json'))) {
      return dir;
    }
    if (dir === dirname(dir)) {
      throw new PluginError('HOST_BUG', 'Cannot find the AssemblyScript SDK: it is not part of this installation');
    }
  }
}

/** The AssemblyScript SDK that is shipped with this package. */
export function bundledSdk(): string {
  return join(packageRoot(), SDK);
}
