import createPlugin, { type CallContext } from '@extism/extism';
import { wasm } from '../support/web-assembly.js';
import { checkAnswer, type Hold, type MemoryGuest } from './holders.js';

const functions = { 'extism:host/user': { call: (_: CallContext, offset: bigint) => offset } };

export async function holdExtism(guest: MemoryGuest, runInWorker: boolean): Promise<Hold> {
  // Compiled once, as the other contenders' modules are. Node's types leave WebAssembly out, which Extism's mention.
  const manifest = { wasm: [{ module: new wasm.Module(guest.extism) as never }] };
  const held: unknown[] = [];
  return async () => {
    const plugin = await createPlugin(manifest, { runInWorker, functions });
    checkAnswer((await plugin.call('echo', guest.request))?.bytes() ?? new Uint8Array(), guest);
    held.push(plugin);
  };
}
