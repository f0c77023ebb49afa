import { doc, optional, str, struct } from '../builders.js';
import { defineHook } from '../hook.js';

export const env = defineHook('wasm-plugin:host/env@1.0.0', {
  doc: 'Read one variable of the environment of the host, if it is granted.',
  request: struct('EnvRequest', { name: str }),
  response: struct('EnvResponse', { value: doc('Absent where the variable is not set.', optional(str)) }),
});
