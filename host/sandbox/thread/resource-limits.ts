import type { ResourceLimits } from 'node:worker_threads';

const MIB = 1024 * 1024;

/**
 * Heap for what the host itself makes of a plugin: objects for its functions (`SandboxLimits.definitions`), errors, messages. Linear
 * memory and messages' bytes are outside of it and have limits of their own.
 */
const OLD_GENERATION_MIB = 256;
const YOUNG_GENERATION_MIB = 32;
/** Stack that Node and the host's own functions need below the guest's; Node keeps 192 KiB of it for native code. */
const HOST_STACK_BYTES = 512 * 1024;

/** @param stackBytes - what the guest may use. */
export function resourceLimits(stackBytes: number): ResourceLimits {
  return {
    maxOldGenerationSizeMb: OLD_GENERATION_MIB,
    maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB,
    stackSizeMb: (stackBytes + HOST_STACK_BYTES) / MIB,
  };
}
