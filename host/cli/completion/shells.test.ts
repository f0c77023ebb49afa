/** The scripts in the shells that they are for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMPLETING_SHELLS } from '../../../test/support/completing-shells.js';
import { needs } from '../../../test/support/need.js';
import { mergeContributions } from '../flags/contributions.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { completionWords } from './words.js';
import { zshScript } from './zsh.js';

const SCRIPTS = { bash: bashScript, fish: fishScript, zsh: zshScript };

/** Whatever a shell takes for a command in it makes a file `executed`. */
const EVIL = `it's $(touch executed) \`touch executed\` (touch executed) \\' "$(touch executed)"\n;touch executed %F{red}\t#`;
const contributions = mergeContributions(
  [
    {
      name: 'p',
      contributes: {
        commands: [
          { path: 'checkpoint start', summary: EVIL, flags: [{ name: 'to', type: 'string', usage: EVIL }] },
          { path: 'checkpoint stop', summary: EVIL, flags: [{ name: 'now', type: 'bool', usage: EVIL }] },
          { path: 'none', summary: 'takes nothing', maxArgs: 0, flags: [] },
          { path: '$(>executed)', summary: 'no name for a command', flags: [] },
          { path: 'secret', summary: 's', hidden: true, flags: [] },
        ],
        flags: [{ name: 'site', shorthand: 'S', type: 'string', usage: 'site', commands: ['run'] }],
      },
    },
  ],
  { words: new Set(), globalOptions: new Set(), extensible: new Map([['run', new Set()]]) },
);
const words = completionWords(contributions);
const hooks = ['command', 'engine-config'];

interface Completion {
  /** Words parted by single spaces; what is completed is the end. */
  readonly line: string;
  readonly want: readonly string[];
}

// Fish also offers what has the letters somewhere inside, so what must not be offered has none of them.
const completions: Completion[] = [
  { line: 'wasm-plugin inst', want: ['install'] },
  { line: 'wasm-plugin --debug disa', want: ['disable'] },
  { line: 'wasm-plugin --plugin-deadline 5 disa', want: ['disable'] },
  { line: 'wasm-plugin --store folder disa', want: ['disable'] },
  { line: 'wasm-plugin --store=folder disa', want: ['disable'] },
  { line: 'wasm-plugin plugins unin', want: ['uninstall'] },
  { line: 'wasm-plugin plugins --debug unin', want: ['uninstall'] },
  { line: 'wasm-plugin checkpoint st', want: ['start', 'stop'] },
  { line: 'wasm-plugin checkpoint stop --n', want: ['--now', '--no-color'] },
  { line: 'wasm-plugin checkpoint stop --help --n', want: ['--now', '--no-color'] },
  { line: 'wasm-plugin checkpoint start --hel', want: ['--help'] },
  { line: 'wasm-plugin secr', want: [] },
  { line: 'wasm-plugin run --si', want: ['--site', '--silent'] },
  { line: 'wasm-plugin install --over', want: ['--overrides'] },
  { line: 'wasm-plugin install file.sif --over', want: ['--overrides'] },
  { line: 'wasm-plugin completion f', want: ['fish'] },
  { line: 'wasm-plugin run --engine bu', want: ['builtin'] },
  { line: 'wasm-plugin run --engine=bu', want: ['builtin'] },
  { line: 'wasm-plugin run --engine=', want: ['auto', 'builtin', 'crun', 'runc'] },
  { line: 'wasm-plugin hel', want: ['help'] },
  { line: 'wasm-plugin help chec', want: ['checkpoint'] },
  { line: 'wasm-plugin help checkpoint st', want: [] },
  ...['enable', 'disable', 'uninstall', 'plugin config', 'rollback', 'install --overrides', 'disable a/one'].map(
    (command) => ({ line: `wasm-plugin ${command} b/`, want: ['b/second', 'b/third'] }),
  ),
  { line: 'wasm-plugin install --overrides=b/', want: ['b/second', 'b/third'] },
  { line: 'wasm-plugin enable fi', want: [] },
  { line: 'wasm-plugin enable ', want: ['a/one', 'b/second', 'b/third'] },
  { line: 'wasm-plugin inspect b/', want: ['b/second', 'b/third'] },
  { line: 'wasm-plugin inspect fi', want: ['file.sif'] },
  { line: 'wasm-plugin install f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin install --order 5 --yes f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin install --order f', want: [] },
  { line: 'wasm-plugin install --order=f', want: [] },
  { line: 'wasm-plugin install --order=5 f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin install file.sif f', want: [] },
  { line: 'wasm-plugin compile f', want: ['folder'] },
  { line: 'wasm-plugin compile o', want: ['odd $(>executed) folder'] },
  { line: 'wasm-plugin compile --out folder/x f', want: ['folder'] },
  { line: 'wasm-plugin compile --out=f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin compile -o f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin setup --config-dir f', want: ['folder'] },
  { line: 'wasm-plugin setup --config-dir=f', want: ['folder'] },
  { line: 'wasm-plugin setup --dir folder pod', want: ['podman'] },
  { line: 'wasm-plugin create folder f', want: [] },
  { line: 'wasm-plugin run f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin run folder f', want: [] },
  { line: 'wasm-plugin run folder --si', want: [] },
  { line: 'wasm-plugin run folder --bind f', want: [] },
  { line: 'wasm-plugin run -S here f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin run -S f', want: [] },
  { line: 'wasm-plugin list f', want: [] },
  { line: 'wasm-plugin call file.sif e', want: ['engine-config'] },
  { line: 'wasm-plugin call --grant kv file.sif e', want: ['engine-config'] },
  { line: 'wasm-plugin call --grant=kv file.sif e', want: ['engine-config'] },
  { line: 'wasm-plugin call --input - file.sif e', want: ['engine-config'] },
  { line: 'wasm-plugin call file.sif command f', want: [] },
  { line: 'wasm-plugin config b/second f', want: [] },
  { line: 'wasm-plugin checkpoint stop f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin checkpoint start --to f', want: [] },
  { line: 'wasm-plugin checkpoint start --to install f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin none f', want: [] },
  { line: 'wasm-plugin nonsense f', want: [] },
  { line: 'wasm-plugin run --engine builtin --read-only f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin run --bind f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin run an', want: ['an image $(>executed) *.sif'] },
  { line: 'wasm-plugin stop ', want: ['web', 'web-2'] },
  { line: 'wasm-plugin stop --time 5 web web-', want: ['web-2'] },
  { line: 'wasm-plugin stop ol', want: [] },
  { line: 'wasm-plugin logs ', want: ['web', 'web-2', 'old'] },
  { line: 'wasm-plugin logs --follow o', want: ['old'] },
  { line: 'wasm-plugin logs old w', want: [] },
  { line: 'wasm-plugin ps w', want: [] },
];

const home = mkdtempSync(join(tmpdir(), 'wasm-plugin-completion-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
mkdirSync(join(home, '.bin'));
mkdirSync(join(home, 'folder'));
mkdirSync(join(home, 'odd $(>executed) folder'));
writeFileSync(join(home, 'file.sif'), '');
writeFileSync(join(home, 'an image $(>executed) *.sif'), '');
const EVIL_NAMES = ['$(>executed)', '`>executed`', '(>executed)', ';>executed', '$(touch\texecuted)'];
const list = `ENABLED  NAME
    yes  a/one
    yes  b/second
     no  b/third
${EVIL_NAMES.map((name) => `    yes  ${name}\n`).join('')}`;
const containers = `NAME      IMAGE          COMMAND     ENGINE   PID  STARTED               STATUS
web       ./my image     sleep 1     builtin    7  2026-11-22T19:47:38Z  running
web-2     image                                    2026-11-22T19:47:38Z  starting
old       image          echo running  crun        2026-11-22T19:47:38Z  exited (0)
${EVIL_NAMES.map((name) => `${name}  image  2026-11-22T19:47:38Z  running\n`).join('')}`;
writeFileSync(
  join(home, '.bin/wasm-plugin'),
  `#!/bin/sh
echo a warning >&2
case $1 in
  list) cat <<'END'
${list}END
  ;;
  ps) cat <<'END'
${containers}END
  ;;
esac
`,
  { mode: 0o755 },
);

describe.each(COMPLETING_SHELLS)('$title', (shell) => {
  const there = shell.needs.every(needs);
  const script = SCRIPTS[shell.language](words, hooks);
  let found: string[][] = [];
  beforeAll(() => {
    rmSync(join(home, 'executed'), { force: true });
    if (there)
      found = shell.complete(
        script,
        completions.map(({ line }) => line),
        home,
      );
  });

  test.skipIf(!there).each(completions.map((row, index) => ({ ...row, index })))(
    'completes $line',
    ({ want, index }) => {
      expect(found[index]?.sort()).toEqual([...want].sort());
    },
  );

  test.skipIf(!there)('runs nothing of what plugins, containers and files are called', () => {
    expect(found).toHaveLength(completions.length);
    expect(existsSync(join(home, 'executed'))).toBe(false);
  });
});

/** Types into a shell that has a terminal, once it has printed its prompt. @returns what was on its screen. */
async function typeInto(shell: string, keys: string): Promise<string> {
  const env = { ...process.env, PATH: `${join(home, '.bin')}:${process.env.PATH}`, TERM: 'dumb' };
  const child = spawn('script', ['-qec', shell, '/dev/null'], { cwd: home, env, stdio: ['pipe', 'pipe', 'inherit'] });
  let screen = '';
  let typed = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    if (!typed && screen.includes('ready>')) child.stdin.write(keys);
    typed ||= screen.includes('ready>');
  });
  await once(child, 'close');
  return screen;
}

test.skipIf(!needs('script'))('bash puts what it completes into quotes where that is needed', async () => {
  writeFileSync(join(home, '.bin/seen'), '#!/bin/sh\nprintf "<%s>" "$@"\n', { mode: 0o755 });
  writeFileSync(join(home, 'rc'), `${bashScript(words, hooks)}complete -F _wasm_plugin seen\nPS1=ready\\>\n`);
  const keys = 'seen run an\t\nseen stop web-\t\nseen logs ol\tx\nexit\n';
  const screen = await typeInto('bash --noprofile --rcfile rc -i', keys);
  expect(screen).toContain('<run><an image $(>executed) *.sif>');
  expect(screen).toContain('<stop><web-2>');
  expect(screen).toContain('<logs><old><x>');
  expect(screen).not.toContain('warning');
});
