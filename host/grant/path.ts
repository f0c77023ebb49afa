/**
 * One spelling for an absolute path: no empty or `.` segments, no final slash.
 *
 * `..` is refused and not resolved: through a symlink it means another place than the text suggests.
 *
 * @returns undefined for a path that is relative, holds `..` or a NUL. Does not look at the file system.
 */
export function normalizePath(path: string): string | undefined {
  if (!path.startsWith('/') || path.includes('\0')) return undefined;
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  return segments.includes('..') ? undefined : `/${segments.join('/')}`;
}

/** Whether the normalised path `inner` is `outer` or lies under it. */
export function isWithin(outer: string, inner: string): boolean {
  return outer === '/' || inner === outer || inner.startsWith(`${outer}/`);
}
