/**
 * How a command is described. One description serves the parser, `--help` and the shell completions.
 */

/** What a value is, for completion; `container` is a detached one, `live-container` one that can be stopped. A list means: one of these words. */
export type ValueKind =
  | 'file'
  | 'directory'
  | 'plugin'
  | 'plugin-or-file'
  | 'container'
  | 'live-container'
  | 'hook'
  | 'text'
  | readonly string[];

export interface OptionSpec {
  /** Without the dashes. A name that begins with `no-` turns something off. */
  readonly long: string;
  /** One letter, without the dash. */
  readonly short?: string;
  readonly summary: string;
  /** Name of the value in help; without one the option is a switch. */
  readonly value?: string;
  readonly kind?: ValueKind;
  /** May be given several times; the handler gets a list. */
  readonly repeat?: boolean;
  readonly hidden?: boolean;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly kind: ValueKind;
  readonly optional?: boolean;
  readonly repeat?: boolean;
}

export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** Heading that `--help` lists it under. */
  readonly heading: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /**
   * Plugins may add flags and phases. Only such a command, and those that plugins contribute, ever look at what plugins add: a
   * broken plugin cannot stand between the operator and `disable`.
   */
  readonly extensible?: boolean;
  /** Also answers under `plugin` and `plugins`. */
  readonly grouped?: boolean;
  /** Everything after the first argument belongs to the command in the container, options too. */
  readonly passThrough?: boolean;
  /** More text for its `--help`. */
  readonly details?: string;
}
