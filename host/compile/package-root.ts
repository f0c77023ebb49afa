import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SDK = join('guest-sdk', 'assemblyscript');

/**
 * The folder with this package's package.json: some folders above this module, whether it runs from `host/` or as a part of a
 * bundle in `dist/`. What is shipped beside the code (SDK sources, templates, asconfig.json) lies in it.
 */
export function packageRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, SDK, 'package.json')) && dir !== dirname(dir)) {
    dir = dirname(dir);
  }
  return dir;
}

/** The AssemblyScript SDK that is shipped with this package. */
export function bundledSdk(): string {
  return join(packageRoot(), SDK);
}
