import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import { EXIT_SIGNAL_BASE } from './exit-code.js';
import type { CliOutput } from './io.js';
import { isTerminal } from './is-terminal.js';

const DEFAULT_COLUMNS = 80;
const RETRY_MS = 2;

/**
 * A stream of the process by its file descriptor.
 *
 * Written with plain system calls: `process.stdout` takes longer to come into being than `list` does to run, and on a pipe it
 * would still hold output when the process exits.
 */
export function fdOutput(fd: 1 | 2): CliOutput {
  const isTty = isTerminal(fd);
  return {
    isTty,
    // Only a terminal knows, and only the stream can ask it.
    get columns() {
      return (isTty ? (fd === 1 ? process.stdout : process.stderr).columns : undefined) ?? DEFAULT_COLUMNS;
    },
    write(chunk) {
      writeAll(fd, typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    },
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The reader went away (`list | head -1`): end as if SIGPIPE had ended us, which Node ignores.
      if (code === 'EPIPE') process.exit(EXIT_SIGNAL_BASE + constants.signals.SIGPIPE);
      // Somebody at the other end made it non-blocking, and it is full.
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
