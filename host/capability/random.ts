import { randomBytes } from 'node:crypto';
import { capabilities } from '../abi/index.js';
import type { SyncCapability } from '../sandbox/index.js';
import { Refusal } from './answer.js';
import { capability } from './define.js';

/** `length` bytes, which the caller owns. */
export type RandomSource = (length: number) => Uint8Array;

/** The most that one request may ask for, so that a plugin cannot make the host allocate at will. */
export const MAX_RANDOM_BYTES = 65_536;

export const systemRandom: RandomSource = (length) => randomBytes(length);

/** `wasm-plugin:host/random`: always granted. */
export function randomCapability(random: RandomSource): SyncCapability {
  return capability(capabilities.random, ({ length }) => {
    if (length < 0 || length > MAX_RANDOM_BYTES) {
      throw new Refusal('limit', `Cannot give ${length} random bytes: 0 to ${MAX_RANDOM_BYTES} are possible`);
    }
    return { bytes: random(length) };
  });
}
