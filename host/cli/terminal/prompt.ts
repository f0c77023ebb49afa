import type { CliIo } from '../io.js';

/**
 * Ask a yes/no question on the terminal; anything but y or yes, and the end of input, means no.
 *
 * The question goes to stderr: stdout is for results, and may be a pipe while a person sits at the keyboard.
 */
export async function confirm(io: Pick<CliIo, 'stdin' | 'stderr'>, question: string): Promise<boolean> {
  io.stderr.write(`${question} [y/N] `);
  const answer = await io.stdin.readLine();
  if (answer === undefined) io.stderr.write('\n');
  return /^\s*y(es)?\s*$/i.test(answer ?? '');
}
