const NEWLINE = 0x0a;
const UTF8_CONTINUATION_MASK = 0xc0;
const UTF8_CONTINUATION = 0x80;
/** A UTF-8 sequence has at most three bytes after its first. */
const MAX_CONTINUATIONS = 3;

/** Turns a stream of bytes into lines of text. */
export interface LineSink {
  /** Take the next bytes; they are copied. Every line that ends in them goes out before this returns. */
  write(bytes: Uint8Array): void;
  /** Send an unfinished line, if there is one. */
  flush(): void;
}

/**
 * A sink that holds at most one line.
 *
 * Bytes that are no UTF-8 become U+FFFD; `\r\n` ends a line like `\n` does. A line above `maxLineBytes` is cut, between two
 * characters where it can be, and goes on as the next line: nothing is lost and memory stays bounded.
 *
 * @param emit - receives each line without its end. When it throws, the line counts as sent.
 * @param maxLineBytes - at least 4, so that any character fits.
 */
export function createLineSink(emit: (line: string) => void, maxLineBytes: number): LineSink {
  // Made on the first write: most plugins never print.
  let buffer: Uint8Array | undefined;
  let used = 0;
  // A byte order mark is a character like any other here: text must not look like less than what was sent.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  function emitFirst(length: number, held: Uint8Array): void {
    const line = decoder.decode(held.subarray(0, length));
    held.copyWithin(0, length, used);
    used -= length;
    emit(line.endsWith('\r') ? line.slice(0, -1) : line);
  }

  function append(bytes: Uint8Array): Uint8Array {
    buffer ??= new Uint8Array(maxLineBytes);
    let rest = bytes;
    while (rest.byteLength > maxLineBytes - used) {
      const fitting = rest.subarray(0, maxLineBytes - used);
      buffer.set(fitting, used);
      used += fitting.byteLength;
      rest = rest.subarray(fitting.byteLength);
      emitFirst(cutBetweenCharacters(buffer, used, rest), buffer);
    }
    buffer.set(rest, used);
    used += rest.byteLength;
    return buffer;
  }

  return {
    write(bytes) {
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        const held = append(bytes.subarray(start, end));
        start = end + 1;
        emitFirst(used, held);
      }
      append(bytes.subarray(start));
    },
    flush() {
      if (buffer !== undefined && used > 0) {
        emitFirst(used, buffer);
      }
    },
  };
}

/** How much of a full buffer to send: up to its last character if `next` starts in the middle of that one. */
function cutBetweenCharacters(held: Uint8Array, used: number, next: Uint8Array): number {
  if (!isContinuation(next[0])) {
    return used;
  }
  for (let back = 1; back <= MAX_CONTINUATIONS; back++) {
    if (!isContinuation(held[used - back])) {
      // At least one byte must go out, or the caller would never get on.
      return Math.max(used - back, 1);
    }
  }
  return used;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & UTF8_CONTINUATION_MASK) === UTF8_CONTINUATION;
}
