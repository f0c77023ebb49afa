/** How a runtime tells its engine why it failed: one line at the end of the file that `--log` names. */
import { appendFileSync } from 'node:fs';
import type { RuntimeCall } from './runtime-call.js';

/**
 * The line, in the format that the engine asked for.
 *
 * @param message - one line; the caller has escaped what others chose.
 * @param now - milliseconds since 1970.
 */
export function formatRuntimeError(message: string, format: RuntimeCall['logFormat'], now: number): string {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  const fields = { level: 'error', msg: message, time };
  return format === 'json'
    ? `${JSON.stringify(fields)}\n`
    : `time="${time}" level=error msg=${JSON.stringify(message)}\n`;
}

/**
 * Append the line to the engine's log.
 *
 * Only failures go there: podman reads the file as one JSON value, so with a second line the reason would be lost.
 *
 * @returns whether the engine has a log that could be written to; if not, the reason belongs on stderr.
 */
export function reportToEngine(call: Pick<RuntimeCall, 'log' | 'logFormat'>, message: string, now: number): boolean {
  // crun also knows `file:PATH`, and logs that are no files.
  const path = call.log?.replace(/^file:/, '');
  if (path === undefined || path === '' || /^(?:journald|syslog):/.test(path)) {
    return false;
  }
  try {
    appendFileSync(path, formatRuntimeError(message, call.logFormat, now));
    return true;
  } catch {
    return false;
  }
}
