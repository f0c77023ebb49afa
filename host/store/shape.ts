/**
 * Checks on parsed JSON, in place: no copy is made, because 1,000 records are checked each time plugins are listed.
 *
 * A check answers undefined if the value fits, else what is wrong with it, beginning with the path to it:
 * `.commands[3].path must be …`. Unknown keys fit: a later version may have written them.
 */
export type Check = (value: unknown) => string | undefined;

/** Nesting of foreign JSON that is still followed. */
const MAX_DEPTH = 64;

export const bool: Check = (value) => (typeof value === 'boolean' ? undefined : ' must be true or false');

/** A string of at most `maxChars` UTF-16 units. */
export const text =
  (maxChars: number): Check =>
  (value) =>
    typeof value === 'string' && value.length <= maxChars
      ? undefined
      : ` must be a string of at most ${maxChars} characters`;

export const pattern =
  (regex: RegExp, what: string): Check =>
  (value) =>
    typeof value === 'string' && regex.test(value) ? undefined : ` must be ${what}`;

export const finite: Check = (value) => (Number.isFinite(value) ? undefined : ' must be a finite number');

export const count: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : ' must be a whole number, at least 0';

export const oneOf = (...values: readonly string[]): Check => {
  const known = new Set<unknown>(values);
  return (value) => (known.has(value) ? undefined : ` must be one of ${values.join(', ')}`);
};

export const nullable =
  (check: Check): Check =>
  (value) =>
    value === null ? undefined : check(value);

export const listOf =
  (check: Check, maxItems: number): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length > maxItems) {
      return ` must be a list of at most ${maxItems} items`;
    }
    for (let i = 0; i < value.length; i++) {
      const problem = check(value[i]);
      if (problem !== undefined) {
        return `[${i}]${problem}`;
      }
    }
    return undefined;
  };

/**
 * An object with these keys; those of `optional` may be absent. None of them may be a name that `Object.prototype` has: they
 * are read without asking whose they are.
 */
export const object = (
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check => {
  const names = [...Object.keys(required), ...Object.keys(optional)];
  const checks = [...Object.values(required), ...Object.values(optional)];
  const mustHave = Object.keys(required).length;
  return (value) => {
    if (!isObject(value)) {
      return ' must be an object';
    }
    for (let i = 0; i < names.length; i++) {
      const item = value[names[i] as string];
      if (item === undefined && i >= mustHave) {
        continue;
      }
      const problem = item === undefined ? ' is missing' : (checks[i] as Check)(item);
      if (problem !== undefined) {
        return `.${names[i]}${problem}`;
      }
    }
    return undefined;
  };
};

/** Any JSON value that does not nest too deep. */
export const json: Check = (value) =>
  depthExceeds(value, MAX_DEPTH) ? ` must not nest deeper than ${MAX_DEPTH}` : undefined;

/** An object of any JSON. */
export const jsonObject: Check = (value) => (isObject(value) ? json(value) : ' must be an object');

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function depthExceeds(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  if (depth === 0) {
    return true;
  }
  for (const key of Object.keys(value)) {
    if (depthExceeds((value as Record<string, unknown>)[key], depth - 1)) {
      return true;
    }
  }
  return false;
}
