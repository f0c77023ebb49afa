import type { SettingsSchema } from './settings-types.js';

/** The kinds of value that upstream's command manager knows. */
export const FLAG_TYPES = ['string', 'bool', 'int', 'uint32', 'string-list', 'string-array', 'string-map'] as const;
export type FlagType = (typeof FLAG_TYPES)[number];
export type FlagDefault = string | boolean | number | readonly string[] | Readonly<Record<string, string>>;

/** A flag that a plugin adds, to a command of its own or to commands of the host. */
export interface FlagContribution {
  /** At the top level of `contributes` only, and there needed: the host's commands that get it, such as `run`. */
  readonly commands?: readonly string[];
  /** Without the hyphens. */
  readonly name: string;
  /** One letter. */
  readonly shorthand?: string;
  readonly type: FlagType;
  /** Fits `type`. */
  readonly default?: FlagDefault;
  /** One line for `--help`. */
  readonly usage: string;
  /** What `--help` shows for the value. */
  readonly valueName?: string;
  readonly hidden?: boolean;
  readonly required?: boolean;
  /** What to use instead; shown when the flag is used. */
  readonly deprecated?: string;
  /** Names of environment variables, without the host's prefix, that set it. */
  readonly env?: readonly string[];
  /** Look those names up without the prefix too. */
  readonly envBare?: boolean;
}

export interface CommandContribution {
  /** One to four words joined by a space. */
  readonly path: string;
  /** How to call it; the default is derived from the path and flags. */
  readonly usage?: string;
  readonly summary: string;
  readonly flags?: readonly FlagContribution[];
  readonly minArgs?: number;
  readonly maxArgs?: number;
  readonly hidden?: boolean;
}

/** A wish to be called before or after a command of the host. */
export interface PhaseContribution {
  /** Words of the command, or `*` for every command. */
  readonly command: string;
  readonly phases: readonly ('before' | 'after')[];
}

/** What a plugin says about itself. Read without running it; nothing here gives it any right. */
export interface Manifest {
  readonly name: string;
  readonly author: string;
  /** Semantic version. */
  readonly version: string;
  readonly description: string;
  readonly license?: string;
  readonly homepage?: string;
  /** Grants that it asks for, in normal form; see host/grant. */
  readonly requests: readonly string[];
  readonly contributes: {
    readonly commands: readonly CommandContribution[];
    readonly flags: readonly FlagContribution[];
    readonly phases: readonly PhaseContribution[];
  };
  /** Describes the operator's settings; without it there are none. */
  readonly settings?: SettingsSchema;
  /** How it takes part in `monitor-container`. Default: observe. */
  readonly monitor?: 'observe' | 'exclusive';
  /** What it was built with; informal. */
  readonly sdk?: { readonly lang: string; readonly version: string };
}

/** A manifest as its author writes it: lists that are empty may be left out. */
export type ManifestSource = Omit<Manifest, 'requests' | 'contributes'> & {
  readonly requests?: Manifest['requests'];
  readonly contributes?: Partial<Manifest['contributes']>;
};
