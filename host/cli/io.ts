/** A detached container, for the process that supervises it (container/supervise.ts). */
export interface Supervised {
  readonly id: string;
  /** Where the container's own output goes. */
  readonly output: Pick<CliOutput, 'write'>;
  /** It runs, and no plugin objected. */
  started(container: { readonly pid: number; readonly engine: string; readonly command: readonly string[] }): void;
}

/**
 * Everything that the command line takes from the process it runs in. `bin.ts` fills it from `process`; tests pass writers
 * and a list of answers. Nothing else in the project reads argv, environment or terminal.
 */

/** A stream that text goes to. Writes are in order, and out when `write` returns. */
export interface CliOutput {
  write(chunk: string | Uint8Array): void;
  /** Colour, progress and prompts only make sense when a person is watching. */
  readonly isTty: boolean;
  /** Width in columns, for help text. 80 when nobody knows. */
  readonly columns: number;
}

export interface CliInput {
  readonly isTty: boolean;
  /** One line without its line end; undefined at the end of input. */
  readLine(): Promise<string | undefined>;
  /** Everything up to the end of input. More than `maxBytes` is an error, never a cut. */
  readAll(maxBytes: number): Promise<Uint8Array>;
}

export interface CliUser {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  /** Home folder, absolute; the last resort for the user's own store. */
  readonly home: string;
}

/** What a container gets passed on; the terminal's stop and continue signals stay with us. */
export const CLI_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;
export type CliSignal = (typeof CLI_SIGNALS)[number];

export interface CliIo {
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly stdin: CliInput;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path that relative arguments are resolved against. */
  readonly cwd: string;
  readonly user: CliUser;
  /** How to start this program again: Node and the script, absolute paths. */
  readonly program: readonly [node: string, script: string];
  /**
   * Call `listener` for every signal until the returned function is called.
   *
   * Opt-in, because a listener replaces the default action: a command that runs a plugin in this thread keeps the default,
   * so that Ctrl-C ends even an endless loop.
   */
  onSignal(listener: (signal: CliSignal) => void): () => void;
  /**
   * Where a container's own streams go: the process's, or the writers above when there is no process behind them (tests).
   */
  readonly inheritsStdio: boolean;
  /** Set where this command line is that of a supervisor. */
  readonly supervised?: Supervised | undefined;
}
