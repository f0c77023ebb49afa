import { quote } from '../errors/index.js';

/** Where in a message something is: the keys and indices that lead to it. */
export type Path = readonly (string | number)[];

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
const MAX_KEY_CHARS = 64;

/**
 * Spell a path as people write one: `request.mounts[2].source`, `request.flags["a b"]`.
 *
 * @param what - the name of the whole.
 * @param path - keys may come from a plugin; odd ones are quoted and escaped.
 */
export function formatPath(what: string, path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') {
      return `${text}[${step}]`;
    }
    return PLAIN_KEY.test(step) ? `${text}.${step}` : `${text}[${quote(step, MAX_KEY_CHARS)}]`;
  }, what);
}

/** What a value is, in the words of the schema language, for a message that says what was found. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) {
    return 'nil';
  }
  if (Array.isArray(value)) {
    return 'a list';
  }
  if (value instanceof Uint8Array) {
    return 'bin';
  }
  switch (typeof value) {
    case 'string':
      return `string ${quote(value, MAX_KEY_CHARS)}`;
    case 'number':
      return `number ${value}`;
    case 'boolean':
      return String(value);
    case 'object':
      return 'a map';
    default:
      return `a ${typeof value}`;
  }
}

/** What a schema wants, to the same end. */
export function describeWant(kind: string, values: readonly string[] = []): string {
  switch (kind) {
    case 'str':
      return 'a string';
    case 'bool':
      return 'true or false';
    case 'int':
      return 'an integer within ±(2^53 - 1)';
    case 'f64':
      return 'a number';
    case 'list':
      return 'a list';
    case 'enum':
      return `one of ${values.join(', ')}`;
    case 'bin':
      return 'bin';
    case 'any':
      return 'a message value';
    default:
      return 'a map';
  }
}
