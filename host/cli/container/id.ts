import { randomBytes } from 'node:crypto';

/** An id for a container that nobody named. */
export function makeId(): string {
  return `wp-${randomBytes(6).toString('hex')}`;
}
