import type { ValueKind } from '../argv/spec.js';
import { CONTAINERS, LIVE_CONTAINERS, PLUGIN_NAMES } from './look-up.js';
import { argumentPlaces, casePatterns, commandPaths, valuePlaces, wordsOfKind } from './places.js';
import { shellQuote } from './quote-shell.js';
import type { CompletionWords } from './words.js';
import { nextWords, passThroughPaths } from './words.js';

/** A completion script for zsh, to be sourced or put into a folder of `$fpath` as `_wasm-plugin`. Walks the words as bash's does. */
export function zshScript(words: CompletionWords, hooks: readonly string[]): string {
  const paths = commandPaths(words);
  const values = valuePlaces(words);
  return `#compdef wasm-plugin
# zsh completion for wasm-plugin; made by "wasm-plugin completion zsh"
_wasm_plugin_names() {
  ${PLUGIN_NAMES}
}

_wasm_plugin_containers() {
  ${CONTAINERS}
}

_wasm_plugin_live_containers() {
  ${LIVE_CONTAINERS}
}

_wasm_plugin() {
  local cur=$words[CURRENT] prev=\${(Q)words[CURRENT-1]} at='' kind=none word
  local -i i args=0 before=$compstate[nmatches]
  local -a next options list
  for ((i = 2; i < CURRENT; i++)); do
    word=\${(Q)words[i]}
    if [[ $word == -?* ]]; then
      case "$at:$word" in
        ${casePatterns(values.flatMap(({ patterns }) => patterns))}) i+=1 ;;
      esac
      continue
    fi
    if ((args == 0)); then
      case "\${at:+$at }$word" in
        ${casePatterns(paths.filter((path) => path !== ''))}) at="\${at:+$at }$word"; continue ;;
      esac
    fi
    args+=1
    # The rest is for the command in the container.
    case "$at" in
      ${casePatterns(passThroughPaths(words))}) return 1 ;;
    esac
  done
  if [[ $cur == --*=* ]]; then
    prev=\${cur%%=*}
    compset -P 1 '*='
  fi
  case "$at" in
${paths.map((path) => pathCase(words, path)).join('\n')}
  esac
  case "$at:$prev" in
${values.map(({ patterns, kind }) => `    ${casePatterns(patterns)}) ${setKind(kind, hooks)} ;;`).join('\n')}
    *)
      if [[ $cur == -* ]]; then kind=option
      else
        case "$at:$args" in
${argumentPlaces(words)
  .map(({ patterns, kind }) => `          ${casePatterns(patterns)}) ${setKind(kind, hooks)} ;;`)
  .join('\n')}
          *:0) kind=command ;;
        esac
      fi
      ;;
  esac
  case "$kind" in
    plugin|plugin-or-file) list=(\${(f)"$(_wasm_plugin_names)"}) ;;
    container) list=(\${(f)"$(_wasm_plugin_containers)"}) ;;
    live-container) list=(\${(f)"$(_wasm_plugin_live_containers)"}) ;;
  esac
  compadd -a list
  case "$kind" in
    file|plugin-or-file) _files ;;
    directory) _files -/ ;;
    option) _describe option options ;;
    command) _describe command next ;;
  esac
  ((compstate[nmatches] > before))
}
# In a folder of $fpath this file is a function: loadautofunc the first time, shfunc from then on.
if [[ $zsh_eval_context[-1] == (loadautofunc|shfunc) ]]; then _wasm_plugin "$@"; else compdef _wasm_plugin wasm-plugin; fi
`;
}

function pathCase(words: CompletionWords, path: string): string {
  const command = words.commands.find((candidate) => candidate.path === path);
  const options = [...(command?.options ?? []), ...words.globals].flatMap(({ names, summary }) =>
    names.map((name) => described(name, summary)),
  );
  const next = [...nextWords(words, path)].map(([word, summary]) => described(word, summary));
  return `    ${shellQuote(path)}) next=(${next.join(' ')}) options=(${options.join(' ')}) ;;`;
}

/** `_describe` splits at the first colon. */
function described(word: string, summary: string): string {
  return shellQuote(summary === '' ? word : `${word}:${summary}`);
}

function setKind(kind: ValueKind, hooks: readonly string[]): string {
  const list = wordsOfKind(kind, hooks);
  return list === undefined ? `kind=${String(kind)}` : `kind=list list=(${list.map(shellQuote).join(' ')})`;
}
