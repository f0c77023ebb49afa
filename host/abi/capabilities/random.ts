import { bin, doc, int, struct } from '../builders.js';
import { defineHook } from '../hook.js';

export const random = defineHook('wasm-plugin:host/random@1.0.0', {
  doc: 'Get random bytes that are fit for keys, unless the host replays a run.',
  request: struct('RandomRequest', { length: doc('Bytes, at most 65,536.', int) }),
  response: struct('RandomResponse', { bytes: bin }),
});
