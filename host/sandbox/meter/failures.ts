/** The two ways in which reading a core module's code ends early. */
import { PluginError } from '../../errors/index.js';

/** Something valid that this host does not know or does not allow. */
export function unsupported(offset: number, what: string): PluginError {
  return failure('COMPONENT_UNSUPPORTED', offset, what);
}

/** Bytes that `WebAssembly.validate` would not have let through. */
export function malformed(offset: number, what: string): PluginError {
  return failure('COMPONENT_MALFORMED', offset, what);
}

function failure(code: 'COMPONENT_UNSUPPORTED' | 'COMPONENT_MALFORMED', offset: number, what: string): PluginError {
  return new PluginError(code, `Cannot load a core module: ${what}, at byte ${offset} of the module`, {
    details: { offset },
  });
}
