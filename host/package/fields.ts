import { escapeControls, quote } from '../errors/index.js';
import { isObject, isText, memberPath } from './json.js';
import { nearest } from './nearest.js';
import type { Report } from './report.js';

export interface TextRule {
  readonly maxChars: number;
  /** Default 0. */
  readonly minChars?: number;
  /** What is wrong with this text, continuing "it …"; undefined if nothing. */
  readonly problem?: (text: string) => string | undefined;
}

/**
 * Typed access to one object of a manifest.
 *
 * Every getter reports what does not fit and returns undefined for it, as it does for what is absent, so a reader can go on
 * and find the next problem. `done` reports the keys that nobody asked for: a misspelt `maxArg` must not mean "no limit".
 */
export interface Fields {
  text(key: string, rule: TextRule): string | undefined;
  integer(key: string, min: number, max: number): number | undefined;
  bool(key: string): boolean | undefined;
  oneOf<T extends string>(key: string, values: readonly T[]): T | undefined;
  /** Items that `read` reported and gave up on are left out. */
  list<T>(key: string, maxItems: number, read: (value: unknown, path: string) => T | undefined): T[] | undefined;
  /** As it is; for values with rules of their own. */
  raw(key: string): unknown;
  /** Report `keys` that are absent. */
  require(...keys: string[]): void;
  done(): void;
}

/** @returns undefined after a report if `value` is not an object. */
export function readFields(value: unknown, path: string, report: Report): Fields | undefined {
  if (!isObject(value)) return void report.problem(path, 'is not an object');
  const asked = new Set<string>();
  const raw = (key: string): unknown => {
    asked.add(key);
    return Object.hasOwn(value, key) ? value[key] : undefined;
  };
  const expect = <T>(key: string, holds: (found: unknown) => found is T, what: string): T | undefined => {
    const found = raw(key);
    if (found === undefined || holds(found)) return found;
    return void report.problem(memberPath(path, key), `is not ${what}`);
  };
  return {
    raw,
    text: (key, rule) => {
      const found = raw(key);
      return found === undefined ? undefined : readText(found, memberPath(path, key), report, rule);
    },
    integer: (key, min, max) =>
      expect(
        key,
        (found): found is number => Number.isSafeInteger(found) && (found as number) >= min && (found as number) <= max,
        `a whole number from ${min} to ${max}`,
      ),
    bool: (key) => expect(key, (found) => typeof found === 'boolean', 'true or false'),
    oneOf: <T extends string>(key: string, values: readonly T[]) =>
      expect(key, (found): found is T => (values as readonly unknown[]).includes(found), `one of ${values.join(', ')}`),
    list: (key, maxItems, read) => {
      const found = raw(key);
      return found === undefined ? undefined : readList(found, memberPath(path, key), report, maxItems, read);
    },
    require: (...keys) => {
      for (const key of keys) if (raw(key) === undefined) report.problem(memberPath(path, key), 'is missing');
    },
    done: () => {
      for (const key of Object.keys(value)) {
        if (asked.has(key)) continue;
        const meant = nearest(key, asked);
        const hint = meant === undefined ? '' : ` (perhaps ${quote(meant)} is meant)`;
        report.unknown(memberPath(path, key), `is not a key that this version knows${hint}`);
      }
    },
  };
}

/** One line of text that is safe to print as it is. */
export function readText(value: unknown, path: string, report: Report, rule: TextRule): string | undefined {
  if (typeof value !== 'string') return void report.problem(path, 'is not a text');
  if (value.length > rule.maxChars) {
    return void report.problem(path, `has ${value.length} characters, the limit is ${rule.maxChars}`);
  }
  if (value.length < (rule.minChars ?? 0)) return void report.problem(path, 'is empty');
  if (escapeControls(value) !== value || !isText(value)) {
    return void report.problem(path, `holds control characters: ${quote(value, 60)}`);
  }
  const problem = rule.problem?.(value);
  return problem === undefined ? value : void report.problem(path, `is ${quote(value, 60)}, ${problem}`);
}

export function readList<T>(
  value: unknown,
  path: string,
  report: Report,
  maxItems: number,
  read: (value: unknown, path: string) => T | undefined,
): T[] | undefined {
  if (!Array.isArray(value)) return void report.problem(path, 'is not a list');
  if (value.length > maxItems) return void report.problem(path, `has ${value.length} items, the limit is ${maxItems}`);
  // Not what is null: that is a value, of an `enum` for one.
  return value.map((item, i) => read(item, `${path}[${i}]`)).filter((item): item is T => item !== undefined);
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** A copy without the keys whose value is undefined. */
export function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
