/**
 * JSON whose large whole numbers survive a round through JavaScript.
 *
 * An unlimited rlimit is 18446744073709551615 in a config; as a double it would come out as 18446744073709552000, which no runtime
 * reads. Plugins see the double; what still has that value afterwards is written as it was.
 */
import { randomBytes } from 'node:crypto';

export interface ExactJson {
  readonly value: unknown;
  /** Any value, with the whole numbers of the original text where it has their doubles. */
  stringify(value: unknown): string;
}

/** Not whole texts: a pattern that takes one in pieces runs out of stack in a long one. Digits of a text are told by its quotes. */
const QUOTE_ESCAPE_OR_NUMBER = /"|\\.|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** @throws SyntaxError for what is no JSON. */
export function parseExactJson(text: string): ExactJson {
  const value: unknown = JSON.parse(text);
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
