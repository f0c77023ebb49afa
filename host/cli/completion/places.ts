/**
 * Where on a command line a value stands, the same for all three scripts. Each walks the words before the cursor down to a command,
 * then says `COMMAND:OPTION` of the last option or `COMMAND:N` for N arguments before this one; these are the patterns for both.
 * A star is the only thing in a pattern that is one: names of commands and options are checked when they are contributed.
 */
import type { ValueKind } from '../argv/spec.js';
import { shellQuote } from './quote-shell.js';
import type { CompletionOption, CompletionWords } from './words.js';
import { nextWords, pathPrefixes } from './words.js';

export interface Place {
  readonly patterns: readonly string[];
  readonly kind: ValueKind;
}

/** Every step to a command, '' first. */
export function commandPaths(words: CompletionWords): readonly string[] {
  return [...new Set(['', ...words.commands.flatMap(({ path }) => pathPrefixes(path))])];
}

/** Options that the next word belongs to. */
export function valuePlaces(words: CompletionWords): readonly Place[] {
  return [
    ...words.commands.flatMap(({ path, options }) => valuePlacesOf(path, options)),
    ...valuePlacesOf('*', words.globals),
  ];
}

function valuePlacesOf(path: string, options: readonly CompletionOption[]): Place[] {
  return options.flatMap(({ names, value: kind }) =>
    kind === undefined ? [] : [{ patterns: names.map((name) => `${path}:${name}`), kind }],
  );
}

/** What stands behind each command; where commands can follow, those are offered first. */
export function argumentPlaces(words: CompletionWords): readonly Place[] {
  return words.commands.flatMap(({ path, arguments: kinds }) => {
    const isGroup = nextWords(words, path).size > 0;
    return kinds.flatMap(({ kind, repeat }, index) => {
      if (isGroup && index === 0) return [];
      return [{ patterns: [`${path}:${index}`, ...(repeat ? [`${path}:*`] : [])], kind }];
    });
  });
}

/** Patterns for a `case` of bash or zsh, where a star in quotes is only a star. */
export function casePatterns(patterns: readonly string[]): string {
  const quoted = (text: string) => (text === '' ? '' : shellQuote(text));
  return patterns.map((pattern) => pattern.split('*').map(quoted).join('*')).join('|');
}

/** `kind` as a list of words, or undefined where it is something to look up. */
export function wordsOfKind(kind: ValueKind, hooks: readonly string[]): readonly string[] | undefined {
  if (kind === 'hook') return hooks;
  return typeof kind === 'string' ? undefined : kind;
}
