import { HOST_VERSION } from '../runtime/index.js';

/** The version that plugins see too. */
export function readVersion(): string {
  return HOST_VERSION;
}
