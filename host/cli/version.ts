import { readFileSync } from 'node:fs';

/**
 * The version in package.json, which is `HOST_VERSION` too (a test compares them).
 *
 * Read when asked for: taking it from host/runtime would load the sandbox before every `list`.
 */
export function readVersion(): string {
  // Two folders up from host/cli, from dist/cli and from the bundle in dist/bin alike.
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
