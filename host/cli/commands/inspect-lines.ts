import { escapeControls, quote } from '../../errors/index.js';
import type { CommandFailure } from '../failure.js';
import { failed } from '../failure.js';

export interface Basics {
  readonly name: string;
  readonly description: string;
  readonly author: string;
  readonly version: string;
}

/** Upstream's four lines of `inspect`. Upstream prints the values raw; a stranger's file must not drive the terminal. */
export function fourLines({ name, description, author, version }: Basics): string {
  return [`Name: ${name}`, `Description: ${description}`, `Author: ${author}`, `Version: ${version}`]
    .map((line) => `${escapeControls(line)}\n`)
    .join('');
}

export function inspectFailed(word: string, error: unknown): CommandFailure {
  return failed(`Failed to inspect plugin ${quote(word)}`, error);
}
