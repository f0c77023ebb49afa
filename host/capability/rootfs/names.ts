/** Paths as a caller may write them: relative, and only names between the slashes. */
import { quote } from '../../errors/index.js';
import { Refusal } from '../answer.js';
import type { RootfsPolicy } from './policy.js';

/** The longest name of Linux's file systems. */
const MAX_NAME_BYTES = 255;
/** The longest target that symlink(2) takes, one below PATH_MAX. */
const MAX_TARGET_BYTES = 4095;

/**
 * The names of a path, checked one by one.
 *
 * @returns at least one name; none is empty, `.` or `..`, or holds NUL or a slash.
 * @throws Refusal `invalid`, or `limit` for one that is too long or too deep.
 */
export function namesOf(path: string, policy: Pick<RootfsPolicy, 'maxPathBytes' | 'maxDepth'>): string[] {
  if (path.length > policy.maxPathBytes || Buffer.byteLength(path) > policy.maxPathBytes) {
    throw new Refusal('limit', `Cannot use path ${quote(path)}: it has more than ${policy.maxPathBytes} bytes`);
  }
  const names = path.split('/');
  if (names.length > policy.maxDepth) {
    throw new Refusal(
      'limit',
      `Cannot use path ${quote(path)}: it is ${names.length} deep, the limit is ${policy.maxDepth}`,
    );
  }
  for (const name of names) {
    const problem = problemOf(name);
    if (problem !== undefined) {
      throw new Refusal('invalid', `Cannot use path ${quote(path)}: ${problem}`);
    }
  }
  return names;
}

function problemOf(name: string): string | undefined {
  if (name === '') return 'it must be relative, without empty parts';
  if (name === '.' || name === '..') return `it must not have the part "${name}"`;
  if (name.includes('\0')) return 'it holds NUL';
  if (!isWellFormed(name)) return 'it is no Unicode text';
  // Counted only where the characters could be too many bytes.
  const tooLong = name.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(name) > MAX_NAME_BYTES;
  return tooLong ? `a part has more than ${MAX_NAME_BYTES} bytes` : undefined;
}

/** Where a link points is the image's business: it may be absolute or lead out, since the host never follows it there. */
export function checkTarget(path: string, target: string): void {
  const fits = target !== '' && target.length <= MAX_TARGET_BYTES && Buffer.byteLength(target) <= MAX_TARGET_BYTES;
  if (!fits || target.includes('\0') || !isWellFormed(target)) {
    throw new Refusal(
      'invalid',
      `Cannot link ${quote(path)} to ${quote(target)}: a target is text of 1 to ${MAX_TARGET_BYTES} bytes without NUL`,
    );
  }
}

/** Two names with different lone surrogates would become the same bytes on disk. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
