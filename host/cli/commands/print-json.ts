import type { CliIo } from '../io.js';

/**
 * A result for a program: indented, one final newline.
 *
 * JSON escapes only C0 controls; the others that can move a terminal's cursor or reorder its text are escaped here, which
 * changes nothing for the program that reads it.
 */
export function printJson(io: Pick<CliIo, 'stdout'>, value: unknown): void {
  io.stdout.write(`${formatJson(value)}\n`);
}

export function formatJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
