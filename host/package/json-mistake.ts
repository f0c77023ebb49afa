/** Where a text stops being JSON. `JSON.parse` tells that in words that quote the text, or not at all. */

const SPACE = /[ \t\n\r]*/y;
/** A mark, a text, or any other value. */
const TOKEN =
  /([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

/** What may come next. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end';

/**
 * Find the first place at which a text cannot go on as JSON.
 *
 * @returns `line 3, column 14`, both from 1; undefined where all of it is JSON.
 */
export function findJsonMistake(text: string): string | undefined {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = skipSpace(text, 0);
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const [token, mark, string] = TOKEN.exec(text) ?? [];
    const next: Expected | undefined =
      token === undefined ? undefined : step(expected, open, mark ?? (string === undefined ? 'value' : 'text'));
    if (token === undefined || next === undefined) {
      return placeOf(text, at);
    }
    expected = next;
    at = skipSpace(text, at + token.length);
  }
  return expected === ', or end' && open.length === 0 ? undefined : placeOf(text, at);
}

/** @param open - brackets around this place; changed. @returns undefined where `token` may not stand. */
function step(expected: Expected, open: ('{' | '[')[], token: string): Expected | undefined {
  const inside = open.at(-1);
  const ends = token === '}' ? '{' : token === ']' ? '[' : undefined;
  if (ends !== undefined) {
    const may = expected === ', or end' || expected === (ends === '{' ? 'key or }' : 'value or ]');
    return may && open.pop() === ends ? ', or end' : undefined;
  }
  switch (expected) {
    case ':':
      return token === ':' ? 'value' : undefined;
    case ', or end':
      return token === ',' && inside !== undefined ? (inside === '{' ? 'key' : 'value') : undefined;
    case 'key':
    case 'key or }':
      return token === 'text' ? ':' : undefined;
    default:
      if (token === '{' || token === '[') {
        open.push(token);
        return token === '{' ? 'key or }' : 'value or ]';
      }
      return token === 'value' || token === 'text' ? ', or end' : undefined;
  }
}

function skipSpace(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(text);
  return SPACE.lastIndex;
}

function placeOf(text: string, at: number): string {
  const before = text.slice(0, at).split(/\r\n|\n|\r/);
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`;
}
