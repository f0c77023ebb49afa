/**
 * A cursor over the `mappings` of a source map, for maps that anybody may have written.
 *
 * It keeps a handful of numbers, whatever the text says; a decoder that makes a list of all segments takes forty times the text's
 * size (docs/rationale.md). The generated "file" is a WebAssembly module: one line, whose columns are byte offsets.
 * ECMA-426, section "Mappings grammar"; WebAssembly tool conventions, "Source maps".
 */

const CONTINUES = 0x20;
const DIGIT_MASK = 0x1f;
/** A number of seven digits has 35 bits: more than any offset or line that is checked afterwards. */
const MAX_DIGITS = 7;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const NO_DIGIT = 0xff;
const DIGIT_OF = new Uint8Array(0x80).fill(NO_DIGIT);
for (let i = 0; i < DIGITS.length; i++) {
  DIGIT_OF[DIGITS.charCodeAt(i)] = i;
}

export class MappingsReader {
  /** Byte offset in the module. */
  offset = 0;
  /** Whether the segment has a position; where it has none, the three numbers below are those of the last one that had. */
  located = false;
  /** Index into the map's sources. */
  source = 0;
  /** Both count from 0. */
  line = 0;
  column = 0;

  readonly #text: string;
  #at = 0;

  constructor(mappings: string) {
    this.#text = mappings;
  }

  /**
   * Read the next segment into the fields.
   *
   * @returns false at the end of the first line, or at the first thing that is no segment. The numbers are sums of what
   *   the text says: they may be negative or beyond anything that exists.
   */
  next(): boolean {
    const offset = this.#number();
    if (Number.isNaN(offset)) {
      return false;
    }
    this.offset += offset;
    this.located = !this.#isAtEnd();
    if (this.located) {
      this.source += this.#number();
      this.line += this.#number();
      this.column += this.#number();
      if (!this.#isAtEnd()) {
        // The index of a name, which no position needs.
        this.#number();
      }
    }
    const ended = this.#isAtEnd() && !Number.isNaN(this.source + this.line + this.column);
    if (this.#text.charCodeAt(this.#at) === COMMA) {
      this.#at++;
    }
    return ended;
  }

  #isAtEnd(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    return code === COMMA || code === SEMICOLON || Number.isNaN(code);
  }

  /** @returns NaN where no number is. */
  #number(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < MAX_DIGITS; i++) {
      const digit = DIGIT_OF[this.#text.charCodeAt(this.#at)] ?? NO_DIGIT;
      if (digit === NO_DIGIT) {
        break;
      }
      this.#at++;
      value += (digit & DIGIT_MASK) * scale;
      scale *= CONTINUES;
      if (digit < CONTINUES) {
        const magnitude = Math.floor(value / 2);
        return value % 2 === 0 ? magnitude : -magnitude;
      }
    }
    return Number.NaN;
  }
}
