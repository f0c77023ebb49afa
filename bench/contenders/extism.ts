import createPlugin, { type CallContext } from '@extism/extism';
import type { Contender } from './contender.js';

export const EXTISM_INLINE = 'Extism, inline (no timeout)';
export const EXTISM_WORKER = 'Extism, runInWorker (timeout)';

/**
 * Extism's memory grows with every call, and it fails once it has handed out 32,768 blocks: call 16,383 here. `reset` between
 * samples keeps it far from there, at no cost to its figures.
 */
export const extismInline: Contender = extism(EXTISM_INLINE, 'slow', false);
export const extismWorker: Contender = extism(EXTISM_WORKER, 'worker', true);

function extism(name: string, speed: Contender['speed'], runInWorker: boolean): Contender {
  return {
    name,
    speed,
    async open({ guests, work, message: { bytes } }) {
      const plugin = await createPlugin(
        { wasm: [{ data: guests.extism }] },
        { runInWorker, functions: { 'extism:host/user': { call: answer } } },
      );
      return {
        call: {
          kind: 'async',
          async run() {
            const output = await plugin.call(work, bytes);
            // What it answers is a view of a block that the next reset gives up: that is as good as a copy.
            return output === null ? new Uint8Array() : output.bytes();
          },
        },
        async rest() {
          await plugin.reset();
        },
        close: () => plugin.close(),
      };
    },
  };
}

/** The capability: reads a block, answers with a new one. */
function answer(context: CallContext, offset: bigint): bigint {
  const request = context.read(offset)?.bytes() ?? new Uint8Array();
  return context.store(request.slice());
}
