import { quote } from '../errors/index.js';
import type { Report } from './report.js';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** Without a prototype where this folder made it: `constructor` and `__proto__` are only keys. */
export interface JsonObject {
  readonly [key: string]: Json;
}

const MAX_DEPTH = 16;
const MAX_KEY_CHARS = 200;

/** How much of a value `copyJson` still takes; shared between calls to bound them together. */
export interface JsonBudget {
  /** Values, those in lists and objects included. */
  nodes: number;
  /** Characters of all strings and keys together. */
  chars: number;
}

export function jsonBudget(): JsonBudget {
  return { nodes: 10_000, chars: 64 * 1024 };
}

/** Take the size of `value` out of `budget`, which is below 0 in one of its numbers if there was not enough. */
export function chargeJson(value: Json, budget: JsonBudget): void {
  budget.nodes -= 1;
  if (budget.nodes < 0 || budget.chars < 0) return;
  if (typeof value === 'string') budget.chars -= value.length;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (!Array.isArray(value)) budget.chars -= key.length;
    chargeJson(item, budget);
  }
}

/** An object out of `JSON.parse` or from an embedder: not null, not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Copy a value that somebody else chose, if it is JSON, bounded, and has no key that could be mistaken for a prototype.
 *
 * @param value - not modified; need not come from `JSON.parse`.
 * @param path - of the value, for reports.
 * @returns undefined after a report.
 */
export function copyJson(
  value: unknown,
  path: string,
  report: Report,
  budget: JsonBudget,
  depth = 0,
): Json | undefined {
  budget.nodes -= 1;
  if (typeof value === 'string') budget.chars -= value.length;
  if (budget.nodes < 0 || budget.chars < 0) return void report.problem(path, 'is too large');
  if (depth > MAX_DEPTH) return void report.problem(path, `is nested deeper than ${MAX_DEPTH} levels`);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return isText(value) ? value : void report.problem(path, 'is not well-formed text');
  if (typeof value === 'number')
    return Number.isFinite(value) ? value : void report.problem(path, 'is not a finite number');
  if (Array.isArray(value)) return copyList(value, path, report, budget, depth);
  if (isObject(value)) return copyObject(value, path, report, budget, depth);
  return void report.problem(path, 'is not a JSON value');
}

function copyList(
  value: readonly unknown[],
  path: string,
  report: Report,
  budget: JsonBudget,
  depth: number,
): Json | undefined {
  const copy: Json[] = [];
  for (const [index, item] of value.entries()) {
    const one = copyJson(item, `${path}[${index}]`, report, budget, depth + 1);
    if (one === undefined) return undefined;
    copy.push(one);
  }
  return copy;
}

function copyObject(
  value: Readonly<Record<string, unknown>>,
  path: string,
  report: Report,
  budget: JsonBudget,
  depth: number,
): JsonObject | undefined {
  const copy: Record<string, Json> = Object.create(null);
  for (const key of Object.keys(value)) {
    budget.chars -= key.length;
    if (key.length > MAX_KEY_CHARS || !isText(key)) return void report.problem(path, `has the key ${quote(key)}`);
    // Harmless here, but not in whatever a guest or an embedder copies it into.
    if (key === '__proto__') return void report.problem(path, 'has the key "__proto__"');
    const one = copyJson(value[key], memberPath(path, key), report, budget, depth + 1);
    if (one === undefined) return undefined;
    copy[key] = one;
  }
  return copy;
}

/** `a.b` for a plain key, `a["b c"]` for others; safe to print. */
export function memberPath(path: string, key: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_-]{0,80}$/.test(key)) return `${path}[${quote(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** False for half a surrogate pair, which no UTF-8 file can hold. */
export function isText(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
