import { transpileWithJco } from '../../test/support/jco-oracle.js';
import { HOST } from '../support/guests.js';
import { wasm } from '../support/web-assembly.js';
import { checkAnswer, type Hold, type MemoryGuest } from './holders.js';

const answer = (payload: Uint8Array) => ({ ok: true, payload });
const CAPABILITIES = new Map([HOST.split('@')[0]!, 'wasm-plugin:host/log'].map((name) => [name, answer]));

export async function holdJco(guest: MemoryGuest): Promise<Hold> {
  const { files, instantiate } = await transpileWithJco(guest.component, {
    onOutput: () => {},
    capabilities: CAPABILITIES,
  });
  const names = Object.keys(files).filter((name) => name.endsWith('.wasm'));
  const modules = new Map(names.map((name) => [name, new wasm.Module(files[name]!)]));
  const held: unknown[] = [];
  return async () => {
    const instance = await instantiate((name) => modules.get(name)!);
    checkAnswer(instance.call(guest.hook, guest.request).payload, guest);
    held.push(instance);
  };
}
