import { PluginError } from '../errors/index.js';

/** @throws PluginError `ABI_MALFORMED` for what no process can exit with. */
export function checkExitCode(code: number): number {
  if (code < 0 || code > 255) {
    throw new PluginError('ABI_MALFORMED', `Cannot exit with ${code}: exit codes are 0 to 255`);
  }
  return code;
}
