import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';

/** Make `path` with the mode and, as far as we may, the owner of `model`; 0755 if there is no model. */
export function copyDirectory(model: string, path: string, addMode = 0): void {
  const stat = lstatSync(model, { throwIfNoEntry: false });
  if (mkdirSync(path, { recursive: true }) === undefined && addMode === 0) {
    return; // it was there
  }
  // Not the mode argument of mkdir, which the umask would cut.
  chmodSync(path, ((stat?.mode ?? 0o755) & 0o7777) | addMode);
  if (stat !== undefined && process.getuid?.() === 0) {
    chownSync(path, stat.uid, stat.gid);
  }
}
