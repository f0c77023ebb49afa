import { escapeControls } from '../../errors/index.js';

/**
 * A word for bash, zsh or fish, in single quotes: nothing in it is expanded.
 *
 * Summaries are plugins' text and the script is sourced by the user's shell, so this is a security boundary. A backslash is
 * special inside fish's single quotes and plain inside the others', and so it is replaced.
 */
export function shellQuote(text: string): string {
  return `'${escapeControls(text).replaceAll('\\', '/').replaceAll("'", '’')}'`;
}
