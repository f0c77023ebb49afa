import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { needs } from '../../../test/support/need.js';
import { mergeContributions, NO_CONTRIBUTIONS } from '../flags/contributions.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { shellQuote } from './quote-shell.js';
import { completionWords, nextWords, pathPrefixes } from './words.js';
import { zshScript } from './zsh.js';

const EVIL = `it's $(touch /tmp/x) \`id\` \\' "a"\n;rm`;
const contributions = mergeContributions(
  [
    {
      name: 'p',
      contributes: {
        commands: [
          { path: 'checkpoint start', summary: EVIL, flags: [] },
          { path: 'checkpoint stop', summary: 'stop it', flags: [{ name: 'now', type: 'bool', usage: EVIL }] },
          { path: 'none', summary: 'takes nothing', maxArgs: 0, flags: [] },
          { path: 'secret', summary: 's', hidden: true, flags: [] },
        ],
        flags: [{ name: 'site', type: 'string', usage: 'site', commands: ['run'] }],
      },
    },
  ],
  { words: new Set(), globalOptions: new Set(), extensible: new Map([['run', new Set()]]) },
);
const words = completionWords(contributions);
const hooks = ['command', 'engine-config'];

test('nextWords() offers commands, groups and what is inside them', () => {
  expect([...nextWords(words, '').keys()]).toEqual(
    expect.arrayContaining(['list', 'run', 'checkpoint', 'plugin', 'plugins']),
  );
  expect(nextWords(words, '').has('secret')).toBe(false);
  expect([...nextWords(words, 'checkpoint').keys()]).toEqual(['start', 'stop']);
  expect([...nextWords(words, 'plugin').keys()]).not.toContain('run');
});

test('pathPrefixes() lists every step', () => {
  expect(pathPrefixes('a b c')).toEqual(['a', 'a b', 'a b c']);
});

describe('shellQuote()', () => {
  test('leaves nothing that could end the quotes', () => {
    expect(shellQuote(EVIL).slice(1, -1)).not.toMatch(/['\\\n]/);
  });
});

describe('a plugin’s text stays inside quotes', () => {
  for (const [shell, script] of [
    ['bash', bashScript],
    ['zsh', zshScript],
    ['fish', fishScript],
  ] as const) {
    test(shell, () => {
      for (const line of script(words, hooks).split('\n')) {
        // Remove what is quoted; what is left is only ours.
        expect(line.replaceAll(/'[^']*'/g, '')).not.toContain('touch');
      }
    });
  }
});

interface Completion {
  readonly line: string;
  readonly want: readonly string[];
}
const completions: Completion[] = [
  { line: 'wasm-plugin inst', want: ['install'] },
  { line: 'wasm-plugin --debug disa', want: ['disable'] },
  { line: 'wasm-plugin plugins unin', want: ['uninstall'] },
  { line: 'wasm-plugin checkpoint st', want: ['start', 'stop'] },
  { line: 'wasm-plugin checkpoint stop --n', want: ['--now', '--no-color'] },
  { line: 'wasm-plugin run --si', want: ['--site', '--silent'] },
  { line: 'wasm-plugin install --over', want: ['--overrides'] },
  { line: 'wasm-plugin completion f', want: ['fish'] },
  { line: 'wasm-plugin run --engine bu', want: ['builtin'] },
  { line: 'wasm-plugin run --engine = bu', want: ['builtin'] },
  { line: 'wasm-plugin hel', want: ['help'] },
  { line: 'wasm-plugin help chec', want: ['checkpoint'] },
  ...['enable', 'disable', 'uninstall', 'plugin config', 'rollback', 'install --overrides', 'disable a/first'].map(
    (command) => ({ line: `wasm-plugin ${command} b/`, want: ['b/second', 'b/third'] }),
  ),
  { line: 'wasm-plugin enable fi', want: [''] },
  { line: 'wasm-plugin inspect b/', want: ['b/second', 'b/third'] },
  { line: 'wasm-plugin inspect fi', want: ['file.sif'] },
  { line: 'wasm-plugin install f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin install --order 5 --yes f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin compile f', want: ['folder'] },
  { line: 'wasm-plugin run f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin run folder f', want: [''] },
  { line: 'wasm-plugin list f', want: [''] },
  { line: 'wasm-plugin call file.sif e', want: ['engine-config'] },
  { line: 'wasm-plugin call --grant kv file.sif e', want: ['engine-config'] },
  { line: 'wasm-plugin call --grant = kv file.sif e', want: ['engine-config'] },
  { line: 'wasm-plugin call file.sif command f', want: [''] },
  { line: 'wasm-plugin config b/second f', want: [''] },
  { line: 'wasm-plugin checkpoint stop f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin none f', want: [''] },
  { line: 'wasm-plugin run --engine builtin --read-only f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin run --bind f', want: ['file.sif', 'folder'] },
  { line: 'wasm-plugin run an', want: ['an image $(id) *.sif'] },
  { line: 'wasm-plugin stop ', want: ['web', 'web-2'] },
  { line: 'wasm-plugin stop --time 5 web web-', want: ['web-2'] },
  { line: 'wasm-plugin stop ol', want: [''] },
  { line: 'wasm-plugin logs ', want: ['web', 'web-2', 'old'] },
  { line: 'wasm-plugin logs --follow o', want: ['old'] },
  { line: 'wasm-plugin logs old w', want: [''] },
  { line: 'wasm-plugin ps w', want: [''] },
];

const home = mkdtempSync(join(tmpdir(), 'wasm-plugin-completion-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
mkdirSync(join(home, 'bin'));
mkdirSync(join(home, 'folder'));
writeFileSync(join(home, 'file.sif'), '');
writeFileSync(join(home, 'an image $(id) *.sif'), '');
const list = 'ENABLED  NAME\n    yes  a/first\n    yes  b/second\n     no  b/third\n    yes  $(id)\n';
const containers = `NAME      IMAGE          COMMAND     ENGINE   PID  STARTED               STATUS
web       ./my image     sleep 1     builtin    7  2026-11-22T19:47:38Z  running
web-2     image                                    2026-11-22T19:47:38Z  starting
old       image          echo running  crun        2026-11-22T19:47:38Z  exited (0)
$(id)     image                                    2026-11-22T19:47:38Z  running
\`id\`      image                                    2026-11-22T19:47:38Z  running
`;
writeFileSync(
  join(home, 'bin/wasm-plugin'),
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

describe('the bash script', () => {
  for (const { line, want } of completions) {
    test(`completes "${line}"`, () => {
      const typed = line.split(' ');
      const result = spawnSync(
        'bash',
        [
          '-c',
          `${bashScript(words, hooks)}
COMP_WORDS=(${typed.map(shellQuote).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _wasm_plugin; printf '%s\\n' "\${COMPREPLY[@]}"`,
        ],
        { encoding: 'utf8', cwd: home, env: { ...process.env, PATH: `${join(home, 'bin')}:${process.env.PATH}` } },
      );
      expect(result.stderr).toBe('');
      expect(result.stdout.trim().split('\n').sort()).toEqual([...want].sort());
    });
  }
});

/** Types into a shell that has a terminal, once it has printed its prompt. @returns what was on its screen. */
async function typeInto(shell: string, keys: string): Promise<string> {
  const env = { ...process.env, PATH: `${join(home, 'bin')}:${process.env.PATH}`, TERM: 'dumb' };
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
  writeFileSync(join(home, 'bin/seen'), '#!/bin/sh\nprintf "<%s>" "$@"\n', { mode: 0o755 });
  writeFileSync(join(home, 'rc'), `${bashScript(words, hooks)}complete -F _wasm_plugin seen\nPS1=ready\\>\n`);
  const keys = 'seen run an\t\nseen stop web-\t\nseen logs ol\tx\nexit\n';
  const screen = await typeInto('bash --noprofile --rcfile rc -i', keys);
  expect(screen).toContain('<run><an image $(id) *.sif>');
  expect(screen).toContain('<stop><web-2>');
  expect(screen).toContain('<logs><old><x>');
  expect(screen).not.toContain('warning');
});

test('without plugins the scripts are the same every time', () => {
  const plain = completionWords(NO_CONTRIBUTIONS);
  expect(bashScript(plain, hooks)).toBe(bashScript(completionWords(NO_CONTRIBUTIONS), hooks));
});
