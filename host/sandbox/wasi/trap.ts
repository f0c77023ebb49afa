import { PluginError } from '../../errors/index.js';

/**
 * The error for a guest that broke a rule of the ABI.
 *
 * It is thrown through the guest's frames, where a `catch_all` could swallow it: the sandbox catches it at the import and goes
 * on with a wasm trap instead.
 */
export function trap(message: string): PluginError {
  return new PluginError('GUEST_TRAP', message);
}
