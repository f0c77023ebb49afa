import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { escapeControls } from '../../errors/index.js';
import { ensureFolder } from '../../shim/index.js';
import type { CliOutput } from '../io.js';

/** Above this a new file is begun, and the one before is kept as `oci.log.1`. */
const MAX_LOG_BYTES = 1024 * 1024;

/**
 * Log lines of a container, after time and id, in `oci.log` of `folder`.
 *
 * A log that cannot be written is no reason not to start a container: the line is lost then.
 */
export function createLogFile(folder: string, id: string, now: () => number = Date.now): CliOutput {
  return {
    isTty: false,
    columns: 80,
    write(chunk) {
      const lines = (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()).replace(/\n$/, '').split('\n');
      const prefix = `${new Date(now()).toISOString()} ${escapeControls(id.slice(0, 64))}`;
      append(folder, lines.map((line) => `${prefix} ${line}\n`).join(''));
    },
  };
}

function append(folder: string, text: string): void {
  try {
    ensureFolder(folder);
    const path = join(folder, 'oci.log');
    const fd = openSync(
      path,
      constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      writeSync(fd, text);
      if (fstatSync(fd).size > MAX_LOG_BYTES) renameSync(path, `${path}.1`);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Nobody to tell.
  }
}
