/**
 * From a thrown value to what the user reads: `<what>: <why>`, a hint, an exit code.
 *
 * Every command names what it tried (`Failed to install plugin "x.sif"`); the layers below say why. Texts of the inherited
 * commands end in a full stop because upstream's do.
 */
import { getSystemErrorMap } from 'node:util';
import { PluginError } from '../errors/index.js';
import { EXIT_FAILED, EXIT_USAGE } from './exit-code.js';

export interface FailureOptions {
  readonly hint?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly cause?: unknown;
}

/** A failed command: complete text, where there is one a hint, and the exit code. */
export class CommandFailure extends Error {
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT_FAILED;
  }
}

/** A command line that makes no sense: exit code 2. */
export class UsageError extends CommandFailure {
  constructor(message: string, hint?: string) {
    super(message, { hint, exitCode: EXIT_USAGE });
  }
}

/**
 * Say that `what` failed because of `error`.
 *
 * @param what - begins the message, without a colon: `Failed to enable plugin "x"`.
 * @param error - anything thrown; a `CommandFailure` passes through unchanged, it already says all.
 */
export function failed(what: string, error: unknown, options: FailureOptions = {}): CommandFailure {
  if (error instanceof CommandFailure) return error;
  const reason = reasonOf(error);
  // A compiler's diagnostics end in a drawing, not in a sentence.
  return new CommandFailure(`${what}: ${reason}${reason.includes('\n') ? '' : '.'}`, {
    hint: options.hint ?? hintOf(error),
    exitCode: options.exitCode,
    cause: error,
  });
}

/**
 * The reason in an error, ready to stand after a colon: first word in lower case, no full stop, and for an error of the
 * system its plain text instead of Node's (`no such file or directory`, not `ENOENT: …, open '/x'`).
 */
export function reasonOf(error: unknown): string {
  const system = systemReason(error);
  if (system !== undefined) return system;
  const text = error instanceof Error ? error.message : String(error);
  return lowerFirst(text.replace(/\.+$/, '')) || 'unknown reason';
}

export function hintOf(error: unknown): string | undefined {
  return error instanceof PluginError || error instanceof CommandFailure ? error.hint : undefined;
}

export function isPluginError(error: unknown, code: PluginError['code']): error is PluginError {
  return error instanceof PluginError && error.code === code;
}

function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof PluginError) return undefined;
  const { errno } = error as NodeJS.ErrnoException;
  return typeof errno === 'number' ? getSystemErrorMap().get(errno)?.[1] : undefined;
}

/** `Cannot read` becomes `cannot read`; `SIF image` stays, as does anything that is not a plain word. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
