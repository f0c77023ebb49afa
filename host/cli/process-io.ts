/** The real process behind `CliIo`. */
import { constants, userInfo } from 'node:os';
import { EXIT_SIGNAL_BASE } from './exit-code.js';
import { CommandFailure } from './failure.js';
import type { CliInput, CliIo, CliOutput, CliUser } from './io.js';
import { CLI_SIGNALS } from './io.js';

const DEFAULT_COLUMNS = 80;

export interface ProcessIo extends CliIo {
  /** Wait until everything written has left the process. */
  flush(): Promise<void>;
}

export function processIo(): ProcessIo {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onOutputError);
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    stdin: processInput(),
    env: process.env,
    cwd: process.cwd(),
    user: currentUser(),
    inheritsStdio: true,
    onSignal(listener) {
      for (const signal of CLI_SIGNALS) process.on(signal, listener);
      return () => {
        for (const signal of CLI_SIGNALS) process.off(signal, listener);
      };
    },
    flush: async () => {
      await Promise.all(
        [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))),
      );
    },
  };
}

/** The reader went away (`wasm-plugin list | head -1`): end as if SIGPIPE had ended us, which Node ignores. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT_SIGNAL_BASE + constants.signals.SIGPIPE);
  throw error;
}

function outputOf(stream: NodeJS.WriteStream): CliOutput {
  return {
    write: (chunk) => void stream.write(chunk),
    isTty: stream.isTTY === true,
    columns: stream.columns ?? DEFAULT_COLUMNS,
  };
}

function processInput(): CliInput {
  return {
    get isTty() {
      return process.stdin.isTTY === true;
    },
    async readLine() {
      const { createInterface } = await import('node:readline');
      const lines = createInterface({ input: process.stdin, terminal: false });
      try {
        for await (const line of lines) return line;
        return undefined;
      } finally {
        lines.close();
      }
    },
    async readAll(maxBytes) {
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of process.stdin) {
        size += (chunk as Uint8Array).byteLength;
        if (size > maxBytes) throw new CommandFailure(`Cannot read stdin: it has more than ${maxBytes} bytes`);
        chunks.push(chunk as Uint8Array);
      }
      return Buffer.concat(chunks);
    },
  };
}

/** @see the effective ids: what the process may do is what counts. */
function currentUser(): CliUser {
  const uid = process.geteuid?.() ?? -1;
  const gid = process.getegid?.() ?? -1;
  try {
    const { username, homedir } = userInfo();
    return { uid, gid, name: username, home: homedir };
  } catch {
    // A container's made-up uid has no entry in /etc/passwd.
    return { uid, gid, name: String(uid), home: process.env.HOME ?? '/' };
  }
}
