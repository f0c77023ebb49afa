/** Which of several images is meant. */
import { quote } from '../../../errors/index.js';
import { unsupported } from '../fail.js';
import type { Platform } from './descriptor.js';

const MAX_LISTED = 10;

/**
 * The entries of that name; all without one.
 *
 * @param namesOf - how an entry may be called. `latest` stands for `localhost/a:latest` too, unless something has that very name.
 * @throws PluginError `IMAGE_UNSUPPORTED` if there is none.
 */
export function chooseNamed<T>(
  entries: readonly T[],
  namesOf: (entry: T) => readonly string[],
  image: string,
  reference: string | undefined,
): readonly T[] {
  if (reference === undefined) return entries;
  const exact = entries.filter((entry) => namesOf(entry).includes(reference));
  if (exact.length > 0) return exact;
  const byTag = entries.filter((entry) => namesOf(entry).some((name) => name.endsWith(`:${reference}`)));
  if (byTag.length > 0) return byTag;
  const names = [...new Set(entries.flatMap(namesOf))];
  throw unsupported(image, `it has no image ${quote(reference)}${names.length === 0 ? '' : `, but ${listed(names)}`}`);
}

/** The error for more than one. */
export function severalOf(count: number, names: readonly string[], { architecture }: Platform, image: string) {
  const distinct = [...new Set(names)];
  return unsupported(
    image,
    `it has ${count} images for linux/${architecture}${distinct.length === 0 ? '' : `: ${listed(distinct)}`}`,
    distinct.length > 1
      ? 'Name one, as in PATH:TAG.'
      : 'Copy the one that is meant into a layout of its own, for example with skopeo.',
  );
}

/** For messages: the first of them, quoted. */
export function listed(names: readonly string[]): string {
  const first = names.slice(0, MAX_LISTED).map((name) => quote(name));
  return names.length > MAX_LISTED ? `${first.join(', ')} and ${names.length - MAX_LISTED} more` : first.join(', ');
}
