import { oneOf, str, struct } from '../builders.js';
import { defineHook } from '../hook.js';

export const log = defineHook('wasm-plugin:host/log@1.0.0', {
  doc: "Write a line to the host's log. Lines are tagged with the plugin's name and limited in rate.",
  request: struct('LogRequest', {
    level: oneOf('debug', 'info', 'warn', 'error'),
    message: str,
  }),
  response: struct('LogResponse', {}),
});
