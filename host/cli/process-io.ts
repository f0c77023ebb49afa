/** The real process behind `CliIo`. */
import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { CommandFailure } from './failure.js';
import { fdOutput } from './fd-output.js';
import type { CliInput, CliIo, CliUser } from './io.js';
import { CLI_SIGNALS } from './io.js';
import { isTerminal } from './is-terminal.js';

export function processIo(): CliIo {
  return {
    stdout: fdOutput(1),
    stderr: fdOutput(2),
    stdin: processInput(),
    env: process.env,
    cwd: process.cwd(),
    user: currentUser(),
    get program(): readonly [string, string] {
      return [process.execPath, realpathSync(process.argv[1] as string)];
    },
    inheritsStdio: true,
    onSignal(listener) {
      for (const signal of CLI_SIGNALS) process.on(signal, listener);
      return () => {
        for (const signal of CLI_SIGNALS) process.off(signal, listener);
      };
    },
  };
}

function processInput(): CliInput {
  return {
    get isTty() {
      return isTerminal(0);
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

/** The effective ids: what the process may do is what counts. */
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
