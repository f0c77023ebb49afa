import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** End with what to type where nothing was installed yet, instead of with the loader's words about a module. */
export function needDependencies() {
  if (existsSync(fileURLToPath(new URL('../node_modules/esbuild', import.meta.url)))) return;
  console.error('The packages that this repository is built with are not installed: run npm ci first');
  process.exit(1);
}
