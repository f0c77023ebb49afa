import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The command as `npm run build` makes it, which is more than `buildCommand` does: parts that load each other. */
export const DIST_COMMAND = join(import.meta.dirname, '../../dist/bin/wasm-plugin.js');

/** Whether it is there. @throws Error in CI if it is not. */
export function isBuilt(): boolean {
  const built = existsSync(DIST_COMMAND);
  if (!built && process.env.CI === 'true') throw new Error('The command is not built: run npm run build first');
  return built;
}
