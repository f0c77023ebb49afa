import { CONTAINERS, LIVE_CONTAINERS, PLUGIN_NAMES } from './look-up.js';
import { shellQuote } from './quote-shell.js';
import type { CompletionOption, CompletionWords } from './words.js';
import { nextWords, pathPrefixes } from './words.js';

/** A completion script for zsh, to be sourced or put into a folder of `$fpath` as `_wasm-plugin`. */
export function zshScript(words: CompletionWords, hooks: readonly string[]): string {
  const paths = [...new Set(['', ...words.commands.flatMap(({ path }) => pathPrefixes(path))])];
  return `#compdef wasm-plugin
# zsh completion for wasm-plugin; made by "wasm-plugin completion zsh"
_wasm_plugin_names() {
  local -a names
  names=(\${(f)"$(${PLUGIN_NAMES})"})
  compadd -a names
}

_wasm_plugin_containers() {
  local -a names
  names=(\${(f)"$(${CONTAINERS})"})
  compadd -a names
}

_wasm_plugin_live_containers() {
  local -a names
  names=(\${(f)"$(${LIVE_CONTAINERS})"})
  compadd -a names
}

_wasm_plugin() {
  local cur=$words[CURRENT] prev=$words[CURRENT-1] at='' word i
  local -a next options
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    [[ $word == -* ]] && continue
    case "\${at:+$at }$word" in
      ${paths
        .filter((path) => path !== '')
        .map(shellQuote)
        .join('|')}) at="\${at:+$at }$word" ;;
      *) break ;;
    esac
  done
  case "$at:$prev" in
${words.commands.flatMap((command) => valueCases(command.path, command.options, hooks)).join('\n')}
${valueCases(undefined, words.globals, hooks).join('\n')}
  esac
  case "$at" in
${paths.map((path) => pathCase(words, path, hooks)).join('\n')}
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _wasm_plugin "$@"; else compdef _wasm_plugin wasm-plugin; fi
`;
}

function pathCase(words: CompletionWords, path: string, hooks: readonly string[]): string {
  const command = words.commands.find((candidate) => candidate.path === path);
  const options = [...(command?.options ?? []), ...words.globals].flatMap(({ names, summary }) =>
    names.map((name) => described(name, summary)),
  );
  const next = [...nextWords(words, path)].map(([word, summary]) => described(word, summary));
  const kind = command?.arguments[0]?.kind;
  const action =
    next.length > 0
      ? `next=(${next.join(' ')}); _describe command next`
      : kind === undefined
        ? ':'
        : actionOf(kind, hooks);
  return `    ${shellQuote(path)}) if [[ $cur == -* ]]; then options=(${options.join(' ')}); _describe option options; else ${action}; fi ;;`;
}

/** `_describe` splits at the first colon. */
function described(word: string, summary: string): string {
  return shellQuote(summary === '' ? word : `${word}:${summary}`);
}

function actionOf(kind: NonNullable<CompletionOption['value']>, hooks: readonly string[]): string {
  if (typeof kind !== 'string') return `compadd ${kind.map(shellQuote).join(' ')}`;
  switch (kind) {
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'plugin':
      return '_wasm_plugin_names';
    case 'plugin-or-file':
      return '_wasm_plugin_names; _files';
    case 'container':
      return '_wasm_plugin_containers';
    case 'live-container':
      return '_wasm_plugin_live_containers';
    case 'hook':
      return `compadd ${hooks.map(shellQuote).join(' ')}`;
    case 'text':
      return '_message value';
  }
}

function valueCases(
  path: string | undefined,
  options: readonly CompletionOption[],
  hooks: readonly string[],
): string[] {
  return options.flatMap(({ names, value }) => {
    if (value === undefined) return [];
    const pattern = names
      .map((name) => (path === undefined ? `*:${shellQuote(name)}` : shellQuote(`${path}:${name}`)))
      .join('|');
    return [`    ${pattern}) ${actionOf(value, hooks)}; return ;;`];
  });
}
