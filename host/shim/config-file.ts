/** Files of JSON that an engine wrote for its runtime: config.json of a bundle, and the process of an `exec`. */

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { PluginError, quote } from '../errors/index.js';
import { attempt } from './attempt.js';
import { parseExactJson } from './exact-json.js';

/** An engine's own are some ten KiB. */
export const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

export interface ConfigFile {
  /** Parsed JSON; anything. */
  readonly value: unknown;
  /** Put `value` in its place. @throws PluginError `IO_FAILED`; the file is then as it was. */
  replace(value: unknown): void;
}

/**
 * Read a file of JSON so that it can be replaced.
 *
 * @throws PluginError `IO_FAILED`, `LIMIT_EXCEEDED` above `MAX_CONFIG_BYTES`, `CONFIG_INVALID` as `parseExactJson`.
 */
export function readConfigFile(path: string): ConfigFile {
  const json = parseExactJson(readText(path), quote(path, 4096));
  return {
    value: json.value,
    replace: (value) => attempt('write', path, () => replaceFile(realpathSync(path), json.stringify(value))),
  };
}

function readText(path: string): string {
  return attempt('read', path, () => {
    // Without O_NONBLOCK a pipe of that name would be waited for.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) {
        throw new PluginError('IO_FAILED', `Cannot read ${quote(path, 4096)}: it is not a file`);
      }
      if (stats.size > MAX_CONFIG_BYTES) {
        throw new PluginError(
          'LIMIT_EXCEEDED',
          `Cannot read ${quote(path, 4096)}: it has ${stats.size} bytes, the limit is ${MAX_CONFIG_BYTES}`,
        );
      }
      const bytes = Buffer.alloc(stats.size);
      let length = 0;
      for (let got = -1; got !== 0 && length < bytes.length; length += got) {
        got = readSync(fd, bytes, length, bytes.length - length, null);
      }
      return bytes.toString('utf8', 0, length);
    } finally {
      closeSync(fd);
    }
  });
}

/**
 * Under another name first, so that whoever reads it sees the old one or the new one, whole. Not made durable: an engine does not do that
 * either, and what it was for has ended with the machine.
 */
function replaceFile(path: string, text: string): void {
  const { mode, uid, gid } = statsOf(path);
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  const fd = openSync(draft, 'wx', 0o600);
  try {
    try {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(fd, bytes, done);
      }
      const made = fstatSync(fd);
      if (made.uid !== uid || made.gid !== gid) {
        fchownSync(fd, uid, gid);
      }
      fchmodSync(fd, mode & 0o7777);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function statsOf(path: string) {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return fstatSync(fd);
  } finally {
    closeSync(fd);
  }
}
