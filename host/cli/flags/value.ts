/**
 * Values of contributed flags: the seven kinds that upstream's command manager knows, with the spellings of the Go flag
 * package that its users type. Pure: text in, plain values out; a plugin gets what comes out of here as msgpack.
 */

import { quote } from '../../errors/index.js';
import type { FlagContribution } from '../../package/index.js';

export type FlagKind = FlagContribution['type'];
export type FlagValue = string | boolean | number | readonly string[] | Readonly<Record<string, string>>;

/** Why a value does not fit its kind; the caller knows the flag's name and adds it. */
export class FlagValueError extends Error {}

const UINT32_MAX = 2 ** 32 - 1;
const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/**
 * Read one occurrence of a flag.
 *
 * @param previous - what earlier occurrences gave; undefined for the first one, whose value replaces the default. Scalars
 *   ignore it: the last occurrence wins. Not modified.
 * @returns the new value; lists and maps are fresh, maps without a prototype.
 * @throws FlagValueError
 */
export function parseFlagValue(kind: FlagKind, text: string, previous?: FlagValue): FlagValue {
  switch (kind) {
    case 'string':
      return text;
    case 'bool':
      return parseBool(text);
    case 'int':
      return parseInteger(text, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    case 'uint32':
      return parseInteger(text, 0, UINT32_MAX);
    case 'string-list':
      return [...asList(previous), ...splitCommas(text)];
    case 'string-array':
      return [...asList(previous), text];
    case 'string-map':
      return parsePairs(text, previous);
  }
}

function asList(value: FlagValue | undefined): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

function parseBool(text: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new FlagValueError(`${quote(text)} is neither true nor false`);
}

/** Decimal, `0x`, `0o` and `0b`, with a sign; what does not fit is an error, never rounded. */
function parseInteger(text: string, min: number, max: number): number {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[0-9]+)$/.exec(text);
  if (match === null) throw new FlagValueError(`${quote(text)} is not a whole number`);
  // Go reads a bare leading zero as octal; JavaScript wants the letter.
  const digits = match[2]!.replace(/^0(?=[0-7])/, '0o');
  const value = Number(digits) * (match[1] === '-' ? -1 : 1);
  if (value < min || value > max) throw new FlagValueError(`${quote(text)} is outside ${min}..${max}`);
  return value === 0 ? 0 : value;
}

/**
 * Split at commas as a line of CSV: `a,"b,c"` is two items, `""` inside quotes is one quote. The empty text is no item.
 */
export function splitCommas(text: string): string[] {
  if (text === '') return [];
  const items: string[] = [];
  let at = 0;
  for (;;) {
    const item = text[at] === '"' ? quotedItem(text, at) : plainItem(text, at);
    items.push(item.value);
    if (item.end === text.length) return items;
    at = item.end + 1;
  }
}

function plainItem(text: string, start: number): { value: string; end: number } {
  const comma = text.indexOf(',', start);
  const end = comma === -1 ? text.length : comma;
  return { value: text.slice(start, end), end };
}

function quotedItem(text: string, start: number): { value: string; end: number } {
  let value = '';
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] !== '"') {
      value += text[at];
    } else if (text[at + 1] === '"') {
      value += '"';
      at += 1;
    } else if (at + 1 === text.length || text[at + 1] === ',') {
      return { value, end: at + 1 };
    } else {
      break;
    }
  }
  throw new FlagValueError(`${quote(text)} has a quote that does not enclose an item`);
}

function parsePairs(text: string, previous: FlagValue | undefined): Readonly<Record<string, string>> {
  const pairs: Record<string, string> = Object.create(null);
  if (typeof previous === 'object' && !Array.isArray(previous)) Object.assign(pairs, previous);
  for (const item of splitCommas(text)) {
    const equals = item.indexOf('=');
    if (equals < 1) throw new FlagValueError(`${quote(item)} is not KEY=VALUE`);
    pairs[item.slice(0, equals)] = item.slice(equals + 1);
  }
  return pairs;
}
