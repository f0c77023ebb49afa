/**
 * JSON whose large whole numbers survive a round through JavaScript.
 *
 * An unlimited rlimit is 18446744073709551615 in a config; as a double it would come out as 18446744073709552000, which no runtime
 * reads. Plugins see the double; what still has that value afterwards is written as it was.
 */
import { randomBytes } from 'node:crypto';
import { PluginError } from '../errors/index.js';
import { hasKeyTwice } from './json-keys.js';

export interface ExactJson {
  readonly value: unknown;
  /** Any value, with the whole numbers of the original text where it has their doubles. */
  stringify(value: unknown): string;
}

/** Not whole texts: a pattern that takes one in pieces runs out of stack in a long one. Digits of a text are told by its quotes. */
const QUOTE_ESCAPE_OR_NUMBER = /"|\\.|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * @param what - of whom errors speak: `the container config`.
 * @throws PluginError `CONFIG_INVALID` for what is no JSON, and for an object with a key that stands there twice: of two values some
 *   runtimes take the first, others, as plugins do, the last.
 */
export function parseExactJson(text: string, what: string): ExactJson {
  const value = parse(text, what);
  if (hasKeyTwice(text, value)) {
    throw new PluginError('CONFIG_INVALID', `Cannot read ${what}: an object in it has a key twice`);
  }
  const exact = largeNumbers(text);
  return {
    value,
    stringify(changed) {
      // Random, so that no text of the config can pass for one.
      const mark = randomBytes(16).toString('hex');
      const marked = JSON.stringify(changed, (_key, one: unknown) =>
        typeof one === 'number' && exact.has(one) ? `${mark}${exact.get(one)}` : one,
      );
      return marked.replaceAll(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1');
    },
  };
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PluginError('CONFIG_INVALID', `Cannot read ${what}: it is not JSON`, { cause });
  }
}

/** The largest of 64 bits, unsigned and signed: a plugin that asks for no limit gets their doubles, which are one above. */
const LARGEST: readonly (readonly [number, string])[] = [2n ** 64n, 2n ** 63n].map((n) => [Number(n), `${n - 1n}`]);

/** Whole numbers that a double may not hold, by their doubles. Of two with the same double the first one stands. */
function largeNumbers(text: string): ReadonlyMap<number, string> {
  const exact = new Map<number, string>();
  if (/\d{16}/.test(text)) {
    let inText = false;
    for (const [token] of text.matchAll(QUOTE_ESCAPE_OR_NUMBER)) {
      if (token === '"') inText = !inText;
      else if (
        !inText &&
        /^-?\d{16,}$/.test(token) &&
        !Number.isSafeInteger(Number(token)) &&
        !exact.has(Number(token))
      ) {
        exact.set(Number(token), token);
      }
    }
  }
  for (const [double, token] of LARGEST) {
    if (!exact.has(double)) exact.set(double, token);
  }
  return exact;
}
