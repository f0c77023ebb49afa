import { compileComponent } from '../../host/sandbox/index.js';
import { quietOptions } from '../../test/support/text-plugin.js';
import { HOST } from '../support/guests.js';
import { checkAnswer, type Hold, type MemoryGuest } from './holders.js';

const answer = (payload: Uint8Array) => ({ ok: true, payload });
const OPTIONS = quietOptions({
  capabilities: new Map([HOST.split('@')[0]!, 'wasm-plugin:host/log'].map((name) => [name, answer])),
});

export async function holdInline(guest: MemoryGuest): Promise<Hold> {
  const compiled = await compileComponent(guest.component);
  const held: unknown[] = [];
  return async () => {
    const instance = compiled.instantiate(OPTIONS);
    checkAnswer(instance.call(guest.hook, guest.request).payload, guest);
    held.push(instance);
  };
}

export async function holdThread(guest: MemoryGuest): Promise<Hold> {
  const compiled = await compileComponent(guest.component, {}, undefined, 'thread');
  const held: unknown[] = [];
  return async () => {
    const instance = await compiled.startThread(OPTIONS);
    checkAnswer((await instance.call(guest.hook, guest.request)).payload, guest);
    held.push(instance);
  };
}
