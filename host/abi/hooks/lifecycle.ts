import { doc, oneOf, optional, str, struct } from '../builders.js';
import { defineHook } from '../hook.js';
import { context } from './context.js';

/** When the operator does something with the plugin itself. */
export const lifecycle = defineHook('wasm-plugin:hook/lifecycle@1.0.0', {
  doc: 'The operator installed, enabled, disabled, upgraded, configured or uninstalls the plugin. An error rolls an install or upgrade back; after the others it is only shown.',
  request: struct('LifecycleRequest', {
    context,
    event: oneOf('installed', 'enabled', 'disabled', 'upgraded', 'configured', 'uninstalling'),
    version: str,
    previousVersion: doc('With `upgraded`.', optional(str)),
  }),
  response: struct('LifecycleResponse', {}),
});
