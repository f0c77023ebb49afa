import type { ValueKind } from '../argv/spec.js';
import { CONTAINERS, LIVE_CONTAINERS, PLUGIN_NAMES } from './look-up.js';
import { argumentPlaces, casePatterns, commandPaths, valuePlaces, wordsOfKind } from './places.js';
import { shellQuote } from './quote-shell.js';
import type { CompletionWords } from './words.js';
import { nextWords, passThroughPaths } from './words.js';

/**
 * A completion script for bash, one `case` for each command; needs no bash-completion package.
 *
 * It walks the words before the cursor as far as they are commands, counts the arguments after them, then offers what can follow
 * there. Bash hands `--x=y` over as three words.
 */
export function bashScript(words: CompletionWords, hooks: readonly string[]): string {
  const paths = commandPaths(words);
  const values = valuePlaces(words);
  return `# bash completion for wasm-plugin; made by "wasm-plugin completion bash"
_wasm_plugin_names() {
  ${PLUGIN_NAMES}
}

_wasm_plugin_containers() {
  ${CONTAINERS}
}

_wasm_plugin_live_containers() {
  ${LIVE_CONTAINERS}
}

# A line is a candidate: names of files have spaces and stars.
_wasm_plugin_files() {
  local name
  compopt -o filenames 2>/dev/null
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen "$1" -- "$cur")
}

_wasm_plugin() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' args=0 word i next
  if [[ $cur == = ]]; then cur=''
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$word" in
      =) i=$((i + 1)); continue ;;
      -?*)
        case "$path:$word" in
          ${casePatterns(values.flatMap(({ patterns }) => patterns))}) [[ \${COMP_WORDS[i+1]} == = ]] || i=$((i + 1)) ;;
        esac
        continue ;;
    esac
    next="\${path:+$path }$word"
    if [ "$args" = 0 ]; then
      case "$next" in
        ${casePatterns(paths.filter((path) => path !== ''))}) path=$next; continue ;;
      esac
    fi
    args=$((args + 1))
    # The rest is for the command in the container.
    case "$path" in
      ${casePatterns(passThroughPaths(words))}) return ;;
    esac
  done
  local words='' options='' kind='none'
  case "$path" in
${paths.map((path) => pathCase(words, path)).join('\n')}
  esac
  case "$path:$prev" in
${values.map(({ patterns, kind }) => `    ${casePatterns(patterns)}) ${setKind(kind, hooks)} ;;`).join('\n')}
    *)
      case "$cur" in
        -*) COMPREPLY=($(compgen -W "$options" -- "$cur")); return ;;
      esac
      case "$path:$args" in
${argumentPlaces(words)
  .map(({ patterns, kind }) => `        ${casePatterns(patterns)}) ${setKind(kind, hooks)} ;;`)
  .join('\n')}
        *:0) kind=words ;;
      esac
      ;;
  esac
  case "$kind" in
    file) _wasm_plugin_files -f ;;
    directory) _wasm_plugin_files -d ;;
    plugin) COMPREPLY=($(compgen -W "$(_wasm_plugin_names)" -- "$cur")) ;;
    plugin-or-file) COMPREPLY=($(compgen -W "$(_wasm_plugin_names)" -- "$cur")); _wasm_plugin_files -f ;;
    container) COMPREPLY=($(compgen -W "$(_wasm_plugin_containers)" -- "$cur")) ;;
    live-container) COMPREPLY=($(compgen -W "$(_wasm_plugin_live_containers)" -- "$cur")) ;;
    words) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
  esac
}
complete -F _wasm_plugin wasm-plugin
`;
}

function pathCase(words: CompletionWords, path: string): string {
  const command = words.commands.find((candidate) => candidate.path === path);
  const options = [...(command?.options ?? []), ...words.globals].flatMap(({ names }) => names);
  const next = [...nextWords(words, path).keys()];
  return `    ${shellQuote(path)}) words=${shellQuote(next.join(' '))} options=${shellQuote(options.join(' '))} ;;`;
}

function setKind(kind: ValueKind, hooks: readonly string[]): string {
  const list = wordsOfKind(kind, hooks);
  return list === undefined ? `kind=${String(kind)}` : `kind=words words=${shellQuote(list.join(' '))}`;
}
