/** What plugins add to the command line: commands, flags and phases, from manifests alone until they are used. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CliOptions, CliResult } from '../support/cli.js';
import { cli as runCli } from '../support/cli.js';
import type { Packer } from '../support/cli-package.js';
import { createPacker } from '../support/cli-package.js';

const root = mkdtempSync(join(tmpdir(), 'wasm-plugin-cli-plugins-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function cli(args: readonly string[], options: Partial<CliOptions> = {}): Promise<CliResult> {
  return runCli(args, { cwd: root, ...options, env: { WASM_PLUGIN_STORE: join(root, 'store'), ...options.env } });
}

async function install(parts: Parameters<Packer['pack']>[0], ...options: string[]): Promise<void> {
  const { exitCode, stderr } = await cli(['install', '--yes', ...options, packer.pack(parts)]);
  expect(exitCode, stderr).toBe(0);
}

let packer: Packer;
beforeAll(async () => {
  packer = await createPacker(root);
  await install(
    {
      name: 'example.com/site',
      requests: ['env:SITE_LEVEL'],
      contributes: {
        commands: [
          {
            path: 'site show',
            summary: 'show what was given',
            usage: 'site show [WORD]...',
            maxArgs: 3,
            flags: [
              { name: 'count', shorthand: 'c', type: 'int', usage: 'how many', default: 1, valueName: 'N' },
              { name: 'loud', type: 'bool', usage: 'say it loud' },
              { name: 'tag', type: 'string-list', usage: 'tags', env: ['SITE_TAGS'] },
              { name: 'old', type: 'string', usage: 'old', deprecated: 'use --tag' },
              {
                name: 'level',
                type: 'uint32',
                usage: 'level',
                env: ['SITE_LEVEL', 'OTHER_LEVEL', 'GIVEN_LEVEL'],
                envBare: true,
              },
            ],
          },
          {
            path: 'site need',
            summary: 'needs a flag',
            flags: [{ name: 'must', type: 'string', usage: 'must', required: true }],
          },
          { path: 'site break', summary: 'always fails' },
          { path: 'site none', summary: 'takes nothing', maxArgs: 0 },
          { path: 'site quota show', summary: 'deeper', minArgs: 1, maxArgs: 1 },
          { path: 'site evil', summary: 'prints escapes' },
          { path: 'site start', summary: 'asks for a container', minArgs: 1 },
          { path: 'secret', summary: 'hidden', hidden: true },
          { path: 'list', summary: 'takes ours away' },
          { path: 'upgrade', summary: 'takes a later one of ours away' },
        ],
        flags: [
          { name: 'test', type: 'string', usage: 'print this first', commands: ['version'] },
          { name: 'abort', type: 'bool', usage: 'refuse', commands: ['version'] },
          { name: 'json', type: 'bool', usage: 'takes ours away', commands: ['version'] },
          { name: 'long', type: 'bool', usage: 'on a managing command', commands: ['list'] },
        ],
        phases: [{ command: 'version', phases: ['after'] }],
      },
    },
    ...['--grant', 'env:SITE_LEVEL', '--grant', 'env:GIVEN_LEVEL'],
  );
  await install(
    {
      name: 'example.com/second',
      contributes: {
        commands: [
          { path: 'site show', summary: 'too late' },
          { path: 'second', summary: 'its own' },
        ],
      },
    },
    '--order',
    '60',
  );
});

const SHOW = 'site show';
const shown = [
  { name: 'defaults', args: [], stdout: '\n{"count":1}\n' },
  { name: 'arguments', args: ['a', 'b'], stdout: 'a|b\n{"count":1}\n' },
  { name: 'a shorthand', args: ['-c', '0x10'], stdout: '\n{"count":16}\n' },
  { name: 'a switch', args: ['--loud'], stdout: '\n{"count":1,"loud":true}\n' },
  { name: 'a switch with a value', args: ['--loud=false'], stdout: '\n{"count":1,"loud":false}\n' },
  { name: 'a switch turned off', args: ['--no-loud'], stdout: '\n{"count":1,"loud":false}\n' },
  { name: 'a list, twice', args: ['--tag', 'a,b', '--tag=c'], stdout: '\n{"count":1,"tag":["a","b","c"]}\n' },
  { name: 'options after words', args: ['a', '--loud', 'b'], stdout: 'a|b\n{"count":1,"loud":true}\n' },
  { name: 'words that look like options after --', args: ['a', '--', '--loud'], stdout: 'a|--loud\n{"count":1}\n' },
  { name: 'global options after words', args: ['a', '--quiet'], stdout: 'a\n{"count":1}\n' },
  { name: 'global options before them', args: ['--quiet', 'a'], stdout: 'a\n{"count":1}\n' },
  { name: 'our variable', args: [], env: { WASM_PLUGIN_SITE_TAGS: 'x, y' }, stdout: '\n{"count":1,"tag":["x","y"]}\n' },
  { name: 'a bare variable that was granted', args: [], env: { SITE_LEVEL: '7' }, stdout: '\n{"count":1,"level":7}\n' },
  { name: 'a bare variable that was not', args: [], env: { OTHER_LEVEL: '7' }, stdout: '\n{"count":1}\n' },
  { name: 'a bare variable that was granted unasked', args: [], env: { GIVEN_LEVEL: '7' }, stdout: '\n{"count":1}\n' },
  { name: 'upstream’s variable that was not', args: [], env: { APPTAINER_SITE_TAGS: 'x' }, stdout: '\n{"count":1}\n' },
];
describe('a contributed command gets', () => {
  for (const { name, args, env = {}, stdout } of shown) {
    test(name, async () => {
      const result = await cli([...SHOW.split(' '), ...args], { env });
      expect(result.stdout).toBe(stdout);
      expect(result.exitCode).toBe(42);
    });
  }
  test('a warning for a deprecated flag', async () => {
    expect((await cli(['site', 'show', '--old', 'x'])).stderr).toContain(
      '--old of plugin "example.com/site" is deprecated: use --tag',
    );
  });
});

const wrong = [
  { args: ['site', 'show', '--count', 'x'], exitCode: 2, error: '"x" is not a whole number' },
  { args: ['site', 'show', '--nope'], exitCode: 2, error: 'unknown option' },
  { args: ['site', 'show', 'a', 'b', 'c', 'd'], exitCode: 2, error: 'it takes at most 3 arguments, not 4' },
  { args: ['site', 'need'], exitCode: 2, error: 'Flag --must is required by plugin "example.com/site"' },
  { args: ['site', 'nope'], exitCode: 2, error: "unknown command 'nope'" },
  { args: ['site', 'break'], exitCode: 1, error: 'broken on purpose' },
  { args: ['site', 'start', 'img', '--', 'x'], exitCode: 125, error: 'img' },
];
describe('a contributed command fails with', () => {
  for (const { args, exitCode, error } of wrong) {
    test(`${args.join(' ')}: ${error}`, async () => {
      const result = await cli(args);
      expect(result.stderr).toContain(error);
      expect(result.exitCode).toBe(exitCode);
    });
  }
});

const SEE = (path: string) => `HINT:    Run "wasm-plugin ${path}--help" to see what it takes\n`;
const usages = [
  { args: ['site', 'show', '--nope'], what: 'wasm-plugin site show', hint: SEE('site show ') },
  {
    args: ['site', 'quota', 'show', 'a', '--nope'],
    what: 'wasm-plugin site quota show',
    hint: SEE('site quota show '),
  },
  { args: ['site', 'quota', 'show'], what: 'wasm-plugin site quota show', hint: SEE('site quota show ') },
  { args: ['site', 'quota', 'zzz'], what: 'wasm-plugin site quota', hint: SEE('site quota ') },
  { args: ['site', 'shwo'], what: 'wasm-plugin site', hint: 'HINT:    Did you mean show?\n' },
  { args: ['secnod'], what: 'wasm-plugin', hint: 'HINT:    Did you mean second?\n' },
  { args: ['sitee', 'show'], what: 'wasm-plugin', hint: 'HINT:    Did you mean site?\n' },
  { args: ['sekret'], what: 'wasm-plugin', hint: SEE('') },
  { args: ['instal'], what: 'wasm-plugin', hint: 'HINT:    Did you mean install?\n' },
];
describe('a wrong command line names the whole command, and what may have been meant', () => {
  for (const { args, what, hint } of usages) {
    test(args.join(' '), async () => {
      const result = await cli(args);
      expect(result).toMatchObject({ exitCode: 2, stdout: '' });
      expect(result.stderr).toContain(`ERROR:   Wrong usage of "${what}": `);
      expect(result.stderr).toContain(hint);
    });
  }
});

test('a plugin’s output cannot drive the terminal', async () => {
  expect((await cli(['site', 'evil'])).stdout).toBe('\\u{1b}[2J\tred\n');
});

describe('--help shows what plugins add, without running them', () => {
  test('commands, under the name of the plugin', async () => {
    const { stdout, stderr } = await cli(['--help']);
    expect(stdout).toMatch(
      /Commands of plugin example.com\/site:\n {2}site show \[WORD\]\.\.\. +show what was given\n/,
    );
    expect(stdout).toContain('Commands of plugin example.com/second:\n  second');
    expect(stdout).not.toContain('hidden');
    expect(stdout).not.toContain('too late');
    expect(stderr).not.toContain('lifecycle');
  });
  describe('claims that are ignored, each with a warning', () => {
    const commands = [
      'WARNING: Command "list" of plugin "example.com/site" is ignored: "list" belongs to wasm-plugin',
      'WARNING: Command "upgrade" of plugin "example.com/site" is ignored: "upgrade" belongs to wasm-plugin',
      'WARNING: Command "site show" of plugin "example.com/second" is ignored: plugin "example.com/site" has "site show"',
    ];
    const flag = 'WARNING: Flag --json of plugin "example.com/site" on "version" is ignored: wasm-plugin has it';
    const rows = [
      { name: 'commands, where commands are listed', args: ['--help'], want: commands },
      {
        name: 'flags too, where the command that they are for is named',
        args: ['version', '--help'],
        want: [...commands, flag],
      },
    ];
    for (const { name, args, want } of rows) {
      test(name, async () => {
        const warnings = (await cli(args)).stderr.split('\n').filter((line) => line.startsWith('WARNING:'));
        expect(warnings.sort()).toEqual([...want].sort());
      });
    }
  });
  test('flags of a contributed command', async () => {
    const { stdout } = await cli(['site', 'show', '--help']);
    expect(stdout).toContain('Usage: wasm-plugin site show [options] [WORD]...');
    expect(stdout).toMatch(/-c, --count <N> +how many \(default 1\)/);
    expect(stdout).toMatch(/--tag <LIST> +tags \(env WASM_PLUGIN_SITE_TAGS\)/);
  });
  test('a group lists its commands with their usage, and no help command', async () => {
    const { stdout } = await cli(['site', '--help']);
    expect(stdout).toContain('Commands of plugin example.com/site:\n  show [WORD]... ');
    expect(stdout).toMatch(/\n {2}none +takes nothing\n/);
    expect(stdout).not.toContain('help [command]');
  });
  for (const args of [['list'], ['doctor'], ['rollback'], ['run'], ['site'], ['site', 'show'], ['site', 'break']]) {
    test(`the global options come after the own ones of ${args.join(' ')}, with -h among them`, async () => {
      const { stdout } = await cli([...args, '--help']);
      const headings = stdout.split('\n').filter((line) => /^\S.*ptions.*:$/.test(line));
      expect(headings.at(-1)).toBe('Global options:');
      expect(stdout.slice(stdout.indexOf('Global options:\n'))).toContain('-h, --help');
      expect(new Set(headings).size).toBe(headings.length);
    });
  }
  test('flags on a command of ours', async () => {
    expect((await cli(['version', '--help'])).stdout).toMatch(
      /Options of plugin example.com\/site:\n +--test <STRING> +print this first/,
    );
  });
  test('nothing on a managing command', async () => {
    const { stdout, stderr } = await cli(['list', '--help']);
    expect(stdout).not.toContain('example.com');
    expect(stderr).toBe('');
  });
  test('and completion offers them', async () => {
    expect((await cli(['completion', 'bash'])).stdout).toContain("'site show'");
  });
});

describe('phases of version', () => {
  test('without a flag the number comes first, then the after phase', async () => {
    const result = await cli(['version']);
    expect(result.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(result.stderr).toContain('after: 0');
  });
  test('--test prints before, as upstream’s example does', async () => {
    expect((await cli(['version', '--test', 'hello'])).stdout).toMatch(/^test: hello\n\d+\.\d+\.\d+\n$/);
  });
  test('--abort stops it with the reason', async () => {
    const result = await cli(['version', '--abort']);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain('because --abort was given');
  });
});

describe('a store that names come from', () => {
  test('may be named before the command', async () => {
    expect(
      (await cli(['--store', join(root, 'store'), 'site', 'show'], { env: { WASM_PLUGIN_STORE: '' } })).exitCode,
    ).toBe(42);
  });
  test('or after its words', async () => {
    const args = ['site', 'show', 'a', '--store', join(root, 'store')];
    expect((await cli(args, { env: { WASM_PLUGIN_STORE: '' } })).stdout).toBe('a\n{"count":1}\n');
  });
  test('not behind a flag that a plugin added', async () => {
    const result = await cli(['site', 'show', '--loud', '--store', 'other']);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('must stand before options of plugins');
  });
});

test('a command of a disabled plugin says so', async () => {
  const before = await cli(['disable', 'example.com/second']);
  expect(before.exitCode).toBe(0);
  const result = await cli(['second']);
  await cli(['enable', 'example.com/second']);
  expect(result.exitCode).toBe(2);
  expect(result.stderr).toContain('HINT:    Plugin "example.com/second" has it, and is disabled');
});

describe('one broken plugin breaks nothing else', () => {
  const broken = join(root, 'broken');
  beforeAll(async () => {
    const store = { env: { WASM_PLUGIN_STORE: broken } };
    for (const name of ['a/broken', 'b/fine']) {
      const sif = packer.pack({ name, contributes: { commands: [{ path: name.slice(2), summary: 's' }] } });
      expect((await cli(['install', '--yes', sif], store)).exitCode).toBe(0);
    }
    const list = JSON.parse((await cli(['list', '--json'], store)).stdout) as { name: string; digest: string }[];
    // Both packages differ in their manifests, so only one is damaged.
    writeFileSync(join(broken, 'packages', `${list[0]!.digest.slice('sha256:'.length)}.sif`), 'damaged');
  });
  const store = { env: { WASM_PLUGIN_STORE: broken } };

  test('its command fails and says why, and it is disabled', async () => {
    const result = await cli(['broken'], store);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('disabled');
    expect((await cli(['list'], store)).stdout).toBe('ENABLED  NAME\n     no  a/broken\n    yes  b/fine\n');
  });
  test('the other’s works', async () => {
    expect((await cli(['fine'], store)).exitCode).toBe(42);
  });
  test('a store that may not be used costs commands of plugins, not help', async () => {
    const refused = join(root, 'refused');
    mkdirSync(refused, { mode: 0o777 });
    writeFileSync(join(refused, 'plugins'), '');
    const result = await cli(['--help'], { env: { WASM_PLUGIN_STORE: refused } });
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain('WARNING: Plugins add no commands or flags now');
  });
});
