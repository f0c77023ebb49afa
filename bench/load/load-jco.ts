import { readFile } from 'node:fs/promises';
import { instantiateWithJco } from '../../test/support/jco-oracle.js';
import { HOST } from '../support/guests.js';
import { type Loader, timeFirstAnswer } from './loaders.js';

const answer = (payload: Uint8Array) => ({ ok: true, payload });
const CAPABILITIES = new Map([HOST.split('@')[0]!, 'wasm-plugin:host/log'].map((name) => [name, answer]));

/** jco: translates the component, writes what comes out, imports it and makes an instance. */
export function jco(): Loader {
  return {
    load: ({ component, hook, request }) =>
      timeFirstAnswer(async () => {
        const bytes = new Uint8Array(await readFile(component));
        const instance = await instantiateWithJco(bytes, { onOutput: () => {}, capabilities: CAPABILITIES });
        return instance.call(hook, request).payload;
      }),
    close: async () => {},
  };
}
