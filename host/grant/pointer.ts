/**
 * The segments of a JSON pointer, RFC 6901, section 3; compared by segment, `/a` does not cover `/ab`.
 *
 * @returns undefined if it does not start with `/` or a `~` is not an escape. The empty pointer, the whole document, too.
 */
export function parsePointer(pointer: string): readonly string[] | undefined {
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined;
  // In this order: ~01 is the two characters ~1.
  return pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function formatPointer(segments: readonly string[]): string {
  return segments.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
