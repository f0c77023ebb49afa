import createPlugin, { type CallContext, type Plugin } from '@extism/extism';
import { type Loader, timeFirstAnswer } from './loaders.js';

/** Extism, whose guest has the same functions for its own ABI. */
export function extism(runInWorker: boolean): Loader {
  let plugin: Plugin | undefined;
  return {
    load: ({ extism: path, request }) =>
      timeFirstAnswer(async () => {
        plugin = await createPlugin(
          { wasm: [{ path: path! }] },
          { runInWorker, functions: { 'extism:host/user': { call: (_: CallContext, offset: bigint) => offset } } },
        );
        const output = await plugin.call('echo', request);
        return output?.bytes().slice() ?? new Uint8Array();
      }),
    async close() {
      await plugin?.close();
    },
  };
}
