/**
 * Real shells that complete lines with a script of ours, each in the way that Tab does, with no keys and no clock: everything is asked
 * in one run, and the answers come back in a file.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellQuote } from '../../host/cli/completion/quote-shell.js';

export interface CompletingShell {
  readonly title: string;
  readonly language: 'bash' | 'fish' | 'zsh';
  /** Programs that must be there. */
  readonly needs: readonly string[];
  /**
   * @param script - the completion script.
   * @param lines - what is typed; words are parted by one space, and none has anything to quote.
   * @param folder - where the shell stands and what its home is, with programs in `.bin`; files for the run are left in `.shell`.
   * @returns for each line the candidates, unquoted, folders without the slash. @throws Error with what the shell complained of.
   */
  complete(script: string, lines: readonly string[], folder: string): string[][];
}

/** Ends the candidates of a line in the file of answers. */
const END = '\u001e';

export const COMPLETING_SHELLS: readonly CompletingShell[] = [
  { title: 'bash', language: 'bash', needs: ['bash'], complete: completeInBash },
  { title: 'fish', language: 'fish', needs: ['fish'], complete: completeInFish },
  {
    title: 'zsh, sourced',
    language: 'zsh',
    needs: ['zsh', 'script'],
    complete: (script, lines, folder) =>
      completeInZsh(script, lines, folder, 'compinit -D -u\nsource .shell/_wasm-plugin'),
  },
  {
    title: 'zsh, in a folder of $fpath',
    language: 'zsh',
    needs: ['zsh', 'script'],
    complete: (script, lines, folder) =>
      completeInZsh(script, lines, folder, 'fpath=($PWD/.shell $fpath)\ncompinit -D -u'),
  },
];

/** Bash has no way to ask for candidates, so this calls the function as it would. */
function completeInBash(script: string, lines: readonly string[], folder: string): string[][] {
  const asked = lines.map((line) => {
    // An equals sign is a word to bash, unless COMP_WORDBREAKS was changed.
    const typed = line.replaceAll('=', ' = ').split(' ');
    if (line.endsWith('=')) typed.pop();
    return `COMP_WORDS=(${typed.map(shellQuote).join(' ')}); COMP_CWORD=${typed.length - 1}; ask`;
  });
  const ask = `ask() { _wasm_plugin; [[ \${#COMPREPLY[@]} == 0 ]] || printf '%s\\n' "\${COMPREPLY[@]}"; printf '${END}\\n'; } >>.shell/answers`;
  return answers(folder, { 'script.bash': `${script}\n${ask}\n${asked.join('\n')}\n` }, 'bash', [
    '--noprofile',
    '--norc',
    '.shell/script.bash',
  ]);
}

function completeInFish(script: string, lines: readonly string[], folder: string): string[][] {
  const driver = `source .shell/wasm-plugin.fish
for line in ${lines.map(shellQuote).join(' ')}
  complete -C $line >>.shell/answers
  printf '${END}\\n' >>.shell/answers
end`;
  const found = answers(folder, { 'wasm-plugin.fish': script, 'driver.fish': driver }, 'fish', [
    '--no-config',
    '.shell/driver.fish',
  ]);
  // With a description behind a tab, and with the option that the value is written to.
  return found.map((candidates) =>
    candidates.map((text) =>
      text
        .replace(/\t.*/, '')
        .replace(/^--[^=]*=/, '')
        .replace(/\/$/, ''),
    ),
  );
}

/**
 * Only the line editor can complete, and only on a terminal. Its first hook puts each line into the buffer, completes it with
 * every candidate inserted, and reads the buffer back as words: what is badly quoted does not come back the same.
 */
function completeInZsh(script: string, lines: readonly string[], folder: string, load: string): string[][] {
  const rc = `autoload -Uz compinit
${load}
insert-all() { matches=$compstate[nmatches] compstate[insert]=all }
complete-all() { comppostfuncs=(insert-all); _main_complete }
zle -C complete-all complete-word complete-all
zle-line-init() {
  local line matches
  local -a inserted
  for line in ${lines.map(shellQuote).join(' ')}; do
    BUFFER=$line CURSOR=$#line matches=0
    zle complete-all
    inserted=(\${(Q)\${(z)BUFFER}})
    shift \${#line//[^ ]} inserted
    ((matches == 0)) || print -rl -- \${\${inserted#--*=}%/} >>.shell/answers
    print -r -- '${END}' >>.shell/answers
  done
  exit
}
zle -N zle-line-init
`;
  return answers(folder, { '_wasm-plugin': script, '.zshrc': rc }, 'script', ['-qec', 'zsh -d -i', '/dev/null']);
}

function answers(
  folder: string,
  files: Readonly<Record<string, string>>,
  command: string,
  args: readonly string[],
): string[][] {
  const own = join(folder, '.shell');
  mkdirSync(own, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(own, name), text);
  writeFileSync(join(own, 'answers'), '');
  const env = {
    PATH: `${join(folder, '.bin')}:${process.env.PATH}`,
    HOME: folder,
    ZDOTDIR: own,
    TERM: 'dumb',
    SHELL: '/bin/sh',
    LC_ALL: 'C.UTF-8',
  };
  const { status, stderr, stdout } = spawnSync(command, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // On a terminal complaints are among what is printed, as "_wasm_plugin:12: why".
  if (status !== 0 || stderr !== '' || /wasm.plugin\S*:\d+:/.test(stdout))
    throw new Error(`${command} ended with ${status}: ${stderr}${stdout}`);
  return readFileSync(join(own, 'answers'), 'utf8')
    .split(`${END}\n`)
    .slice(0, -1)
    .map((text) => text.split('\n').filter((candidate) => candidate !== ''));
}
