/** What `bench/children/start-rounds.ts` is told on its stdin. */
export interface StartOrder {
  readonly warmUpRounds: number;
  readonly rounds: number;
  readonly starts: readonly Start[];
}

/** One command line to time. */
export interface Start {
  readonly name: string;
  /** A first word `podman` stands for podman with the options that its own folders need. */
  readonly words: readonly string[];
  /** The command prints its own milliseconds, which count instead of the time from its start to its end. */
  readonly prints?: boolean;
}

/** What it prints: nanoseconds by name, in the order of the rounds. */
export type StartSamples = Readonly<Record<string, readonly number[]>>;
