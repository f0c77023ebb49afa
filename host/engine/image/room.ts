/** What unpacking leaves free in the temporary folder, for every kind of image: a small one can hold petabytes of zeros. */
import { roomIn } from '../../capability/index.js';
import { PluginError, quote } from '../../errors/index.js';

/** As the policy of a root file system has it. */
export const ROOM_FOR_OTHERS = { minFreeBytes: 256 * 2 ** 20, minFreeEntries: 10_000 } as const;

const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);
/** Of errors around errors. */
const MAX_CAUSES = 8;

export function hasRoom(folder: string): boolean {
  const { bytes, entries } = roomIn(folder);
  return bytes >= ROOM_FOR_OTHERS.minFreeBytes && entries >= ROOM_FOR_OTHERS.minFreeEntries;
}

/** Whether the system said, however deep in there, that a disk or quota is full. */
export function saysFull(error: unknown): boolean {
  let at = error;
  for (let depth = 0; at instanceof Error && depth < MAX_CAUSES; depth++, at = at.cause) {
    if (FULL.has((at as NodeJS.ErrnoException).code)) return true;
  }
  return false;
}

/** The one way to say so. */
export function outOfRoom(image: string, cause: unknown): PluginError {
  return new PluginError('LIMIT_EXCEEDED', `Cannot unpack the image ${quote(image)}: the temporary folder is full`, {
    cause,
    hint: 'Set TMPDIR to a folder with more room.',
    details: ROOM_FOR_OTHERS,
  });
}
