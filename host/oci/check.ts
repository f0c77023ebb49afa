/**
 * Small checkers for foreign JSON, from which a table is put together that reads like the type it checks.
 *
 * They collect problems instead of stopping at the first, change nothing, and look only at what the table names: the depth of
 * the walk is the table's, not the value's, and after the last problem that is told the walk ends.
 */
import { quote } from '../errors/index.js';

/** A list of problems that is longer helps nobody. */
const MAX_PROBLEMS = 20;
const MAX_KEY_CHARS = 80;

/** Where the walk stands, and what it has found. */
export class Trace {
  readonly problems: string[] = [];
  /** Indices of lists, and steps as they are written. Put together only for a problem, which most configs have not. */
  readonly #path: (string | number)[] = [];

  get full(): boolean {
    return this.problems.length >= MAX_PROBLEMS;
  }

  within(step: string | number, check: Check<unknown>, value: unknown): void {
    this.#path.push(step);
    check(value, this);
    this.#path.pop();
  }

  /** @param what - follows the path of the value: `must be a list`. */
  problem(what: string): void {
    if (this.full) return;
    const path = this.#path.map((step) => (typeof step === 'number' ? `[${step}]` : step)).join('');
    this.problems.push(`${path.replace(/^\./, '') || 'it'} ${what}`);
  }
}

/** `T` is what a value is that passes; it exists for the compiler only. */
export interface Check<T> {
  (value: unknown, trace: Trace): void;
  readonly type?: T;
}

function satisfying<T>(wanted: string, accepts: (value: unknown) => boolean): Check<T> {
  return (value, trace) => {
    if (!accepts(value)) trace.problem(`must be ${wanted}`);
  };
}

/** Text without NUL, which no argument, variable, path or file of a process can carry. */
export const text: Check<string> = satisfying(
  'a string without NUL',
  (value) => typeof value === 'string' && !value.includes('\0'),
);
export const boolean: Check<boolean> = satisfying('true or false', (value) => typeof value === 'boolean');

/** @param max - of 64 bits it arrives rounded, and so is the number that is compared with it. */
export function integer(min: bigint, max: bigint): Check<number> {
  const [least, most] = [Number(min), Number(max)];
  return satisfying(`an integer from ${min} to ${max}`, (value) => {
    return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
  });
}

export function oneOf<T extends string>(...names: readonly T[]): Check<T> {
  const known: ReadonlySet<unknown> = new Set(names);
  return satisfying(`one of ${names.join(', ')}`, (value) => known.has(value));
}

export function matching(pattern: RegExp, wanted: string): Check<string> {
  return satisfying(wanted, (value) => typeof value === 'string' && pattern.test(value));
}

/** @param minItems - default 0. */
export function listOf<T>(check: Check<T>, minItems = 0): Check<readonly T[]> {
  return (value, trace) => {
    if (!Array.isArray(value)) {
      trace.problem('must be a list');
    } else if (value.length < minItems) {
      trace.problem(`must have at least ${minItems} entry`);
    } else {
      for (let i = 0; i < value.length && !trace.full; i++) {
        trace.within(i, check, value[i]);
      }
    }
  };
}

/** An object whose own values all pass `check`; its keys are the producer's. */
export function mapOf<T>(check: Check<T>): Check<Readonly<Record<string, T>>> {
  return (value, trace) => {
    if (!isObject(value)) {
      trace.problem('must be an object');
      return;
    }
    for (const key of Object.keys(value)) {
      if (trace.full) return;
      checkKey(key, trace);
      trace.within(`[${quote(key, MAX_KEY_CHARS)}]`, check, value[key]);
    }
  };
}

type RequiredKey<T> = { [K in keyof T]-?: object extends Pick<T, K> ? never : K & string }[keyof T];

/** As Go compares the names of fields: runc takes `Hooks` for `hooks`, and with U+017F or U+212A for s or k as well. */
const folded = (name: string): string => name.toUpperCase().toLowerCase();

/**
 * An object with a check for each field that its type names. Fields in `required` must be there, the others may; unknown ones
 * are left alone, but for those that a runtime would take for a known one, which nothing here has looked at.
 */
export function shape<T extends object>(
  fields: { readonly [K in keyof T]-?: Check<NonNullable<T[K]>> },
  required: readonly RequiredKey<T>[] = [],
): Check<T> {
  const needed: ReadonlySet<string> = new Set(required);
  const checks = Object.entries<Check<unknown>>(fields).map(([name, check]) => {
    return { name, check, step: `.${name}`, needed: needed.has(name) };
  });
  const known = new Map(checks.map(({ name }) => [folded(name), name]));
  return (value, trace) => {
    if (!isObject(value)) {
      trace.problem('must be an object');
      return;
    }
    for (const key of Object.keys(value)) {
      checkKey(key, trace);
      const name = Object.hasOwn(fields, key) ? undefined : known.get(folded(key));
      if (name !== undefined) trace.problem(`has ${quote(key, MAX_KEY_CHARS)}, which runtimes take for ${name}`);
    }
    for (const { name, check, step, needed: isNeeded } of checks) {
      if (Object.hasOwn(value, name) && value[name] !== undefined) {
        trace.within(step, check, value[name]);
      } else if (isNeeded) {
        trace.within(step, missing, undefined);
      }
    }
  };
}

/** Where texts end at a NUL, as in crun, `args\0` is one more `args`. */
function checkKey(key: string, trace: Trace): void {
  if (key.includes('\0')) trace.problem(`has the key ${quote(key, MAX_KEY_CHARS)}, with a NUL`);
}

const missing: Check<never> = (_value, trace) => trace.problem('is missing');

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
