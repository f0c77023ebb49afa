/**
 * Small shape checkers for foreign JSON, which collect every problem instead of stopping at the first.
 *
 * A checker gets a value and its path (`process.args[0]`) and adds to `problems`; it changes nothing.
 */
export type Check = (value: unknown, path: string, problems: string[]) => void;

/** A problem list longer than this helps nobody. */
const MAX_PROBLEMS = 20;

function add(problems: string[], text: string): void {
  if (problems.length < MAX_PROBLEMS) {
    problems.push(text);
  }
}

function satisfying(wanted: string, accepts: (value: unknown) => boolean): Check {
  return (value, path, problems) => {
    if (!accepts(value)) {
      add(problems, `${path} must be ${wanted}`);
    }
  };
}

/** Text without NUL, which no argument, variable or path of a process can carry. */
export const text = satisfying('a string without NUL', (value) => typeof value === 'string' && !value.includes('\0'));
export const boolean = satisfying('true or false', (value) => typeof value === 'boolean');
export const integer = satisfying('an integer', (value) => Number.isSafeInteger(value));
export const count = satisfying('an integer from 0', (value) => Number.isSafeInteger(value) && (value as number) >= 0);
/** A resource limit; above 2^53 JSON has already rounded it, and it means no limit. */
export const limit = satisfying('a number from 0', (value) => typeof value === 'number' && value >= 0);
export const id = satisfying(
  'an id from 0 to 4294967294',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 0xffff_ffff,
);
export const anyObject = satisfying('an object', isObject);

export function oneOf(...names: readonly string[]): Check {
  return satisfying(`one of ${names.join(', ')}`, (value) => typeof value === 'string' && names.includes(value));
}

export function matching(pattern: RegExp, wanted: string): Check {
  return satisfying(wanted, (value) => typeof value === 'string' && pattern.test(value));
}

export function listOf(check: Check): Check {
  return (value, path, problems) => {
    if (!Array.isArray(value)) {
      add(problems, `${path} must be a list`);
      return;
    }
    value.forEach((item, index) => {
      check(item, `${path}[${index}]`, problems);
    });
  };
}

/** An object whose own values all pass `check`. */
export function mapOf(check: Check): Check {
  return (value, path, problems) => {
    if (!isObject(value)) {
      add(problems, `${path || 'it'} must be an object`);
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      check(item, `${path}.${key}`, problems);
    }
  };
}

/** An object; fields named in `required` must be there, the others may; unknown ones are left alone. */
export function shape(fields: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, path, problems) => {
    if (!isObject(value)) {
      add(problems, `${path || 'it'} must be an object`);
      return;
    }
    for (const [name, check] of Object.entries(fields)) {
      const there = Object.hasOwn(value, name) && value[name] !== undefined;
      if (there) {
        check(value[name], path === '' ? name : `${path}.${name}`, problems);
      } else if (required.includes(name)) {
        add(problems, `${path === '' ? name : `${path}.${name}`} is missing`);
      }
    }
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
