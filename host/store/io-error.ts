import { PluginError, quote } from '../errors/index.js';

/** The `code` of a failed system call, or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const REFUSALS = new Set(['EACCES', 'EPERM', 'EROFS']);
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Whether an error, or what it was made from, says that there is no room on the disk. */
export function isDiskFull(error: unknown): boolean {
  const errno = error instanceof PluginError ? String(error.details.errno) : errnoOf(error);
  return errno !== undefined && FULL.has(errno);
}

/**
 * Turn the failure of a system call into a `PluginError`; one that is a `PluginError` already stays as it is.
 *
 * @param action - what was tried, after "Cannot": `write the record of "x"`.
 * @returns `STORE_REFUSED` when permissions forbid it, else `IO_FAILED`.
 */
export function ioError(action: string, path: string, error: unknown): PluginError {
  if (error instanceof PluginError) {
    return error;
  }
  const errno = errnoOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  const details = { path, errno: errno ?? 'none' };
  const message = `Cannot ${action} in ${quote(path, 4096)}: ${reason}`;
  if (errno !== undefined && REFUSALS.has(errno)) {
    return new PluginError('STORE_REFUSED', message, {
      cause: error,
      details,
      hint: 'Run this as the owner of the store, or choose another one with --store.',
    });
  }
  return new PluginError('IO_FAILED', message, {
    cause: error,
    details,
    hint: isDiskFull(error) ? 'Free some disk space and try again; nothing was changed.' : undefined,
  });
}
