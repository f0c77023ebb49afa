/** The other direction of `mappings-reader.ts`: segments of one module, in the order of their offsets. */

/** Counted as in {@link MappingsReader}: everything from 0. */
export interface Position {
  /** Index into the map's sources. */
  readonly source: number;
  readonly line: number;
  readonly column: number;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CONTINUES = 0x20;

export class MappingsWriter {
  #text = '';
  #offset = 0;
  #last: Position = { source: 0, line: 0, column: 0 };

  /** @param position - undefined where the code from `offset` on has none. */
  add(offset: number, position: Position | undefined): void {
    this.#text += `${this.#text === '' ? '' : ','}${digits(offset - this.#offset)}`;
    this.#offset = offset;
    if (position !== undefined) {
      const { source, line, column } = this.#last;
      this.#text += digits(position.source - source) + digits(position.line - line) + digits(position.column - column);
      this.#last = position;
    }
  }

  /** The `mappings` of what was added. */
  get text(): string {
    return this.#text;
  }
}

/** A signed number in base 64, lowest digits first, the sign in the lowest bit. */
function digits(value: number): string {
  let left = value < 0 ? -value * 2 + 1 : value * 2;
  let text = '';
  while (left >= CONTINUES) {
    text += DIGITS.charAt((left % CONTINUES) + CONTINUES);
    left = Math.floor(left / CONTINUES);
  }
  return text + DIGITS.charAt(left);
}
