import { capabilities } from '../abi/index.js';
import type { SyncCapability } from '../sandbox/index.js';
import { capability } from './define.js';

/** Nanoseconds since the Unix epoch, and nanoseconds since any fixed point. Both can be pinned to replay a run. */
export interface Clocks {
  wallNs(): bigint;
  monotonicNs(): bigint;
}

const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;

export const systemClocks: Clocks = {
  wallNs: () => BigInt(Date.now()) * NS_PER_MS,
  monotonicNs: () => process.hrtime.bigint(),
};

/** `wasm-plugin:host/clock`: always granted. */
export function clockCapability(clocks: Clocks): SyncCapability {
  return capability(capabilities.clock, ({ clock }) => {
    const ns = clock === 'wall' ? clocks.wallNs() : clocks.monotonicNs();
    return { seconds: Number(ns / NS_PER_SECOND), nanoseconds: Number(ns % NS_PER_SECOND) };
  });
}
