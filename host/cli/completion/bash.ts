import { PLUGIN_NAMES } from './plugin-names.js';
import { shellQuote } from './quote-shell.js';
import type { CompletionCommand, CompletionOption, CompletionWords } from './words.js';
import { nextWords, pathPrefixes } from './words.js';

/**
 * A completion script for bash, one `case` for each command; needs no bash-completion package.
 *
 * It walks the words before the cursor as far as they are commands, then offers what can follow there.
 */
export function bashScript(words: CompletionWords, hooks: readonly string[]): string {
  const paths = [...new Set(['', ...words.commands.flatMap(({ path }) => pathPrefixes(path))])];
  return `# bash completion for wasm-plugin; made by "wasm-plugin completion bash"
_wasm_plugin_names() {
  ${PLUGIN_NAMES}
}

_wasm_plugin() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' word i next
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$word" in -*) continue ;; esac
    next="\${path:+$path }$word"
    case "$next" in
      ${paths
        .filter((path) => path !== '')
        .map(shellQuote)
        .join('|')}) path=$next ;;
      *) break ;;
    esac
  done
  local words='' options='' kind=''
  case "$path" in
${paths.map((path) => pathCase(words, path)).join('\n')}
  esac
  case "$path:$prev" in
${words.commands.flatMap((command) => valueCases(command.path, command.options, hooks)).join('\n')}
${valueCases(undefined, words.globals, hooks).join('\n')}
    *)
      case "$cur" in
        -*) COMPREPLY=($(compgen -W "$options" -- "$cur")); return ;;
      esac
      ;;
  esac
  case "$kind" in
    file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
    directory) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")) ;;
    plugin) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -W "$(_wasm_plugin_names)" -- "$cur") $(compgen -f -- "$cur")) ;;
    text) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
  esac
}
complete -F _wasm_plugin wasm-plugin
`;
}

function pathCase(words: CompletionWords, path: string): string {
  const command = words.commands.find((candidate) => candidate.path === path);
  const options = [...(command?.options ?? []), ...words.globals].flatMap(({ names }) => names);
  const next = [...nextWords(words, path).keys()];
  return `    ${shellQuote(path)}) words=${shellQuote(next.join(' '))} options=${shellQuote(['--help', ...options].join(' '))}${kindOf(command, next)} ;;`;
}

function kindOf(command: CompletionCommand | undefined, next: readonly string[]): string {
  const kind = command?.arguments[0];
  if (next.length > 0 || kind === undefined) return '';
  return typeof kind === 'string' ? ` kind=${kind === 'hook' ? 'text' : kind}` : ` words=${shellQuote(kind.join(' '))}`;
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
    const list = value === 'hook' ? hooks : typeof value === 'string' ? undefined : value;
    const set = list === undefined ? `kind=${String(value)}` : `kind='' words=${shellQuote(list.join(' '))}`;
    return [`    ${pattern}) ${set} ;;`];
  });
}
