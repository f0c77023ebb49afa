/** Keys that stand twice in one object of JSON, of which parsing keeps the last and says nothing. */

/**
 * @param text - JSON.
 * @param value - what it parses to; may be as deep as it likes.
 */
export function hasKeyTwice(text: string, value: unknown): boolean {
  return keysIn(text) !== keysOf(value);
}

/** Strings that a colon follows. */
function keysIn(text: string): number {
  let count = 0;
  for (let start = text.indexOf('"'); start !== -1; ) {
    let next = endOfString(text, start) + 1;
    const end = next;
    while (isSpace(text.charCodeAt(next))) next += 1;
    if (text[next] === ':') count += 1;
    start = text.indexOf('"', end);
  }
  return count;
}

/** @returns where its closing quote stands: the first with an even number of backslashes before it. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); ; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return at;
  }
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

function keysOf(value: unknown): number {
  let count = 0;
  const waiting = [value];
  while (waiting.length > 0) {
    const one = waiting.pop();
    if (typeof one !== 'object' || one === null) continue;
    const items: readonly unknown[] = Array.isArray(one) ? one : Object.values(one);
    if (!Array.isArray(one)) count += items.length;
    // Not all at once: a call takes only so many arguments.
    for (const item of items) waiting.push(item);
  }
  return count;
}
