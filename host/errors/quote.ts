const HEX = 16;

/**
 * Quote text that somebody else chose, so that it can stand in a message or on a terminal.
 *
 * Control characters (C0, DEL, C1), bidirectional overrides and line separators become `\u{…}` escapes: a plugin's name or
 * log line must not move the cursor, forge another line, or read differently from what it is.
 *
 * @param text - any string; not modified.
 * @param maxChars - longer text is cut and ends in `…`. Default 200.
 * @returns the text in double quotes.
 */
export function quote(text: string, maxChars = 200): string {
  const shown = text.length > maxChars ? `${text.slice(0, maxChars)}…` : text;
  return `"${escapeControls(shown).replaceAll('"', '\\"')}"`;
}

/** The same escapes without the quotes and without a length limit: for whole lines of guest text. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u{${char.charCodeAt(0).toString(HEX)}}`,
  );
}
