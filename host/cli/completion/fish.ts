import type { ValueKind } from '../argv/spec.js';
import { CONTAINERS, LIVE_CONTAINERS, PLUGIN_NAMES } from './look-up.js';
import { argumentPlaces, commandPaths, valuePlaces, wordsOfKind } from './places.js';
import { shellQuote } from './quote-shell.js';
import type { CompletionOption, CompletionWords } from './words.js';
import { nextWords, passThroughPaths } from './words.js';

/**
 * A completion script for fish, to be sourced or saved as `~/.config/fish/completions/wasm-plugin.fish`.
 *
 * One `complete` for each word and option, under the condition that the words before the cursor lead to it. Fish expands what
 * stands behind `-a` and `-n` once more, so only names that were checked go there.
 */
export function fishScript(words: CompletionWords, hooks: readonly string[]): string {
  const paths = commandPaths(words);
  const lines = [
    ...paths.flatMap((path) => wordLines(words, path)),
    ...argumentPlaces(words).flatMap(({ patterns, kind }) => argumentLines(patterns, kind, hooks)),
    ...words.globals.map((option) => optionLine('*', option, hooks)),
    ...words.commands.flatMap(({ path, options }) => options.map((option) => optionLine(path, option, hooks))),
  ];
  return `# fish completion for wasm-plugin; made by "wasm-plugin completion fish"
function __wasm_plugin_names
  ${PLUGIN_NAMES}
end

function __wasm_plugin_containers
  ${CONTAINERS}
end

function __wasm_plugin_live_containers
  ${LIVE_CONTAINERS}
end

# Folders, also behind "--option=".
function __wasm_plugin_directories
  __fish_complete_directories (commandline -ct | string replace --regex -- '^--[^=]*=' '')
end

# The command so far and how many arguments follow it, such as "stop:1".
function __wasm_plugin_place
  set -l at ''
  set -l args 0
  set -l skip 0
  for word in (commandline -opc)[2..]
    if test $skip = 1
      set skip 0
      continue
    end
    if string match --quiet --regex -- '^-.' $word
      switch "$at:$word"
        case ${valuePlaces(words)
          .flatMap(({ patterns }) => patterns)
          .map(shellQuote)
          .join(' ')}
          set skip 1
      end
      continue
    end
    if test $args = 0
      set -l next (string trim -- "$at $word")
      switch "$next"
        case ${paths
          .filter((path) => path !== '')
          .map(shellQuote)
          .join(' ')}
          set at $next
          continue
      end
    end
    set args (math $args + 1)
    # The rest is for the command in the container.
    switch "$at"
      case ${passThroughPaths(words).map(shellQuote).join(' ')}
        return
    end
  end
  echo "$at:$args"
end

function __wasm_plugin_at
  string match --quiet -- $argv[1] (__wasm_plugin_place)
end

complete -c wasm-plugin -e
complete -c wasm-plugin -f
${lines.join('\n')}
`;
}

function wordLines(words: CompletionWords, path: string): string[] {
  return [...nextWords(words, path)].map(
    ([word, summary]) =>
      `complete -c wasm-plugin ${condition(`${path}:0`)} -a ${shellQuote(word)} -d ${shellQuote(summary)}`,
  );
}

function argumentLines(patterns: readonly string[], kind: ValueKind, hooks: readonly string[]): string[] {
  // The last is the widest: two that are true would offer everything twice.
  const values = valuesOf(kind, hooks);
  return values === '' ? [] : [`complete -c wasm-plugin ${condition(patterns.at(-1)!)}${values}`];
}

function optionLine(path: string, { names, summary, value }: CompletionOption, hooks: readonly string[]): string {
  const spelt = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(' ');
  // Without -f a value is a file, whatever stands behind -a.
  const values =
    value === undefined
      ? ''
      : ` -r${value === 'file' || value === 'plugin-or-file' ? '' : ' -f'}${valuesOf(value, hooks)}`;
  return `complete -c wasm-plugin ${condition(`${path}:*`)} ${spelt}${values} -d ${shellQuote(summary)}`;
}

function valuesOf(kind: ValueKind, hooks: readonly string[]): string {
  const list = wordsOfKind(kind, hooks);
  if (list !== undefined) return ` -a ${shellQuote(list.join(' '))}`;
  switch (kind) {
    case 'file':
      return ' -F';
    case 'directory':
      return " -a '(__wasm_plugin_directories)'";
    case 'plugin':
      return " -a '(__wasm_plugin_names)'";
    case 'plugin-or-file':
      return " -F -a '(__wasm_plugin_names)'";
    case 'container':
      return " -a '(__wasm_plugin_containers)'";
    case 'live-container':
      return " -a '(__wasm_plugin_live_containers)'";
    default:
      return '';
  }
}

/** Fish reads the condition again as a command, in which the pattern must not be a name of files. */
function condition(pattern: string): string {
  return `-n ${shellQuote(`__wasm_plugin_at "${pattern}"`)}`;
}
