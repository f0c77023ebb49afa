import { PluginError, quote } from '../errors/index.js';

const MAX_NAME_BYTES = 200;
/** One DNS label. A segment is one or more of them, so it never starts or ends in a dot and is never `..`. */
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*(?:/${LABEL}(?:\\.${LABEL})*)*$`);

/**
 * Check a plugin's name: lower-case DNS-like segments joined by `/`, such as `example.com/slurm-binds`.
 *
 * ASCII only, so that two names that look alike are alike, and no name is absolute, hidden, or steps out of a folder.
 *
 * @returns `name` itself.
 * @throws PluginError `NAME_INVALID`.
 */
export function validateName(name: string): string {
  const reason = nameProblem(name);
  if (reason === undefined) return name;
  throw new PluginError('NAME_INVALID', `Cannot use plugin name ${quote(name)}: ${reason}`, {
    hint: 'Use lower-case letters, digits, dots and hyphens, with / between parts, like example.com/my-plugin.',
    details: { name },
  });
}

/** What is wrong with a name, or undefined. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.length > MAX_NAME_BYTES) return `it has ${name.length} characters, the limit is ${MAX_NAME_BYTES}`;
  return NAME.test(name) ? undefined : 'it is not made of lower-case DNS-like parts joined by /';
}
