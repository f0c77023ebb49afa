/**
 * SHA-256 in hexadecimal, and random tokens.
 *
 * `node:crypto` takes 4 ms to load, a fifth of what `wasm-plugin list` may cost, and listing hashes nothing when its index is
 * fresh: so it is loaded by the first call, not by an import (bench/cli.ts).
 */
const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');

/** @returns 64 lower-case hexadecimal digits. */
export function sha256Hex(data: Uint8Array | string): string {
  return crypto().createHash('sha256').update(data).digest('hex');
}

/** @returns 32 lower-case hexadecimal digits that no other process or call will ever return. */
export function randomToken(): string {
  return crypto().randomBytes(16).toString('hex');
}
