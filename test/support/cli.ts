/** Drive the command line without a process: writers in, text and exit code out. */
import { join } from 'node:path';
import type { CliIo, CliSignal } from '../../host/cli/index.js';
import { main } from '../../host/cli/index.js';

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Effective user id that is claimed. Default: root, whose files a test made by root can be. */
  readonly uid?: number;
  /** What is typed or piped in. Undefined: the end of input. */
  readonly input?: string;
  /** Whether stdin and stderr are a terminal. */
  readonly isTty?: boolean;
}

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly result: Promise<CliResult>;
  /** Deliver a signal to whoever listens; says whether somebody did. */
  signal(name: CliSignal): boolean;
  /** Everything on stdout so far. */
  stdout(): string;
}

export async function cli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return startCli(args, options).result;
}

export function startCli(args: readonly string[], options: CliOptions): RunningCli {
  const { cwd, env = {}, uid = process.geteuid?.() ?? 0, input, isTty = false } = options;
  const stdout: Uint8Array[] = [];
  const stderr: Uint8Array[] = [];
  const listeners = new Set<(signal: CliSignal) => void>();
  const lines = input?.split('\n') ?? [];
  const writer = (chunks: Uint8Array[], tty: boolean) => ({
    write: (chunk: string | Uint8Array) => void chunks.push(Buffer.from(chunk as string)),
    isTty: tty,
    columns: 120,
  });
  const io: CliIo = {
    stdout: writer(stdout, false),
    stderr: writer(stderr, isTty),
    stdin: { isTty, readLine: async () => lines.shift(), readAll: async () => Buffer.from(input ?? '') },
    env: { PATH: process.env.PATH, ...env },
    cwd,
    user: { uid, gid: uid, name: uid === 0 ? 'root' : 'me', home: cwd },
    program: [process.execPath, join(import.meta.dirname, '../../dist/bin/wasm-plugin.js')],
    inheritsStdio: false,
    onSignal(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const text = (chunks: Uint8Array[]) => Buffer.concat(chunks).toString();
  return {
    result: main(args, io).then((exitCode) => ({ exitCode, stdout: text(stdout), stderr: text(stderr) })),
    signal(name) {
      for (const listener of listeners) listener(name);
      return listeners.size > 0;
    },
    stdout: () => text(stdout),
  };
}
