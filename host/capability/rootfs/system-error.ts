import { quote } from '../../errors/index.js';
import { Refusal } from '../answer.js';

/** The code of an error of the system, for example `ENOENT`; undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : undefined;
}

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** Whether the system had no room: on the disk, or in somebody's quota. */
export function isOutOfRoom(error: unknown): boolean {
  return FULL.has(systemCode(error) ?? '');
}

/** @param why - a code of the system's, or another reason. */
export function noRoom(action: string, why: string): Refusal {
  return new Refusal(
    'limit',
    `Cannot ${action}: no room is left on the disk (${why})`,
    'Make room where root file systems are kept.',
  );
}

/**
 * What a caller hears when the system would not do it. The system's own texts hold paths of the host and stay here.
 *
 * @param action - for example `write "a/b"`.
 */
export function refusalOfSystem(action: string, { code = 'error', syscall = '' }: NodeJS.ErrnoException): Refusal {
  if (FULL.has(code)) {
    return noRoom(action, code);
  }
  if (code === 'EFBIG') {
    return new Refusal('limit', `Cannot ${action}: this file system takes only smaller files`);
  }
  if (code === 'ENAMETOOLONG') {
    return new Refusal('invalid', `Cannot ${action}: this file system takes only shorter names`);
  }
  if (code === 'EINVAL' && syscall.endsWith('chown')) {
    return new Refusal(
      'failed',
      `Cannot ${action}: its owner has no id in this user namespace`,
      'Give the namespace more ids, or unpack as an ordinary user, to whom everything then belongs.',
    );
  }
  return new Refusal('failed', `Cannot ${action}: ${code}`);
}

/** How an action on a path reads in a message. */
export function naming(verb: string, path: string): string {
  return `${verb} ${quote(path)}`;
}
