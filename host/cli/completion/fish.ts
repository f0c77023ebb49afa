import { CONTAINERS, LIVE_CONTAINERS, PLUGIN_NAMES } from './look-up.js';
import { shellQuote } from './quote-shell.js';
import type { CompletionCommand, CompletionOption, CompletionWords } from './words.js';
import { nextWords, pathPrefixes } from './words.js';

/** A completion script for fish, to be sourced or saved as `~/.config/fish/completions/wasm-plugin.fish`. */
export function fishScript(words: CompletionWords, hooks: readonly string[]): string {
  const paths = [...new Set(['', ...words.commands.flatMap(({ path }) => pathPrefixes(path))])];
  const lines = [
    ...paths.flatMap((path) => wordLines(words, path)),
    ...words.globals.map((option) => optionLine(undefined, option, hooks)),
    ...words.commands.flatMap((command) => [
      ...argumentLines(command, hooks),
      ...command.options.map((option) => optionLine(command.path, option, hooks)),
    ]),
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

# The words so far, without options, begin with exactly these.
function __wasm_plugin_at
  set -l tokens (commandline -opc)[2..]
  set -l words (string match --invert -- '-*' $tokens)
  test "$words[1..(count $argv)]" = "$argv"
end

# The same, and nothing else has been typed.
function __wasm_plugin_is
  set -l tokens (commandline -opc)[2..]
  set -l words (string match --invert -- '-*' $tokens)
  test "$words" = "$argv"
end

complete -c wasm-plugin -f
complete -c wasm-plugin -s h -l help -d 'print help'
${lines.join('\n')}
`;
}

function wordLines(words: CompletionWords, path: string): string[] {
  return [...nextWords(words, path)].map(
    ([word, summary]) =>
      `complete -c wasm-plugin -n ${condition('is', path)} -a ${shellQuote(word)} -d ${shellQuote(summary)}`,
  );
}

function argumentLines(command: CompletionCommand, hooks: readonly string[]): string[] {
  const kind = command.arguments[0]?.kind;
  const values = kind === undefined ? '' : valuesOf(kind, hooks);
  return values === '' ? [] : [`complete -c wasm-plugin -n ${condition('at', command.path)}${values}`];
}

function optionLine(
  path: string | undefined,
  { names, summary, value }: CompletionOption,
  hooks: readonly string[],
): string {
  const spelt = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(' ');
  const where = path === undefined ? '' : ` -n ${condition('at', path)}`;
  const values = value === undefined ? '' : ` -r${valuesOf(value, hooks)}`;
  return `complete -c wasm-plugin${where} ${spelt}${values} -d ${shellQuote(summary)}`;
}

function valuesOf(kind: NonNullable<CompletionOption['value']>, hooks: readonly string[]): string {
  if (typeof kind !== 'string') return ` -a ${shellQuote(kind.join(' '))}`;
  switch (kind) {
    case 'file':
      return ' -F';
    case 'directory':
      return " -a '(__fish_complete_directories)'";
    case 'plugin':
      return " -a '(__wasm_plugin_names)'";
    case 'plugin-or-file':
      return " -F -a '(__wasm_plugin_names)'";
    case 'container':
      return " -a '(__wasm_plugin_containers)'";
    case 'live-container':
      return " -a '(__wasm_plugin_live_containers)'";
    case 'hook':
      return ` -a ${shellQuote(hooks.join(' '))}`;
    case 'text':
      return '';
  }
}

function condition(which: 'at' | 'is', path: string): string {
  return shellQuote(`__wasm_plugin_${which} ${path}`.trimEnd());
}
