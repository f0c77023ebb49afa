/** Managing plugins: upstream's end-to-end steps, then what we add, each through `main` with its writers passed in. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { packPlugin } from '../../host/package/index.js';
import type { CliOptions, CliResult } from '../support/cli.js';
import { cli as runCli } from '../support/cli.js';
import type { Packer } from '../support/cli-package.js';
import { createPacker } from '../support/cli-package.js';
import type { TextPlugin } from '../support/text-plugin.js';
import { textPlugin } from '../support/text-plugin.js';

const NOTHING = 'There are no plugins installed.\n';
const NAME = 'example.com/foo';

const root = mkdtempSync(join(tmpdir(), 'wasm-plugin-cli-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let packer: Packer;
beforeAll(async () => {
  packer = await createPacker(root);
});

let cwd: string;
let count = 0;
beforeEach(() => {
  count += 1;
  cwd = join(root, `case-${count}`);
  mkdirSync(cwd);
});

/** One command line over the store of this test. */
function cli(args: readonly string[], options: Partial<CliOptions> = {}): Promise<CliResult> {
  return runCli(args, { cwd, env: { WASM_PLUGIN_STORE: 'store', ...options.env }, ...withoutEnv(options) });
}

function withoutEnv({ env: _, ...rest }: Partial<CliOptions>): Partial<CliOptions> {
  return rest;
}

async function install(...args: string[]): Promise<void> {
  const { exitCode, stderr } = await cli(['install', '--yes', ...args]);
  expect(exitCode, stderr).toBe(0);
}

/** An ordinary user who asks for the system store. */
const asUser = { uid: 1000, env: { WASM_PLUGIN_STORE: '' } };

test('upstream’s basic steps, with our exit codes', async () => {
  const dir = join(cwd, 'plugin');
  const sif = join(cwd, 'plugin.sif');
  const yes = `ENABLED  NAME\n    yes  ${NAME}\n`;
  const no = `ENABLED  NAME\n     no  ${NAME}\n`;
  const refused = /^ERROR: {3}.*needs root privileges/;
  const steps: readonly [name: string, args: string[], exitCode: number, stdout: string | RegExp, stderr: RegExp][] = [
    [
      'create',
      ['create', dir, NAME],
      0,
      '',
      new RegExp(`^INFO:    Project created in ${dir}\nHINT:    Compile it with: wasm-plugin compile ${dir}\n$`),
    ],
    ['list, empty', ['list'], 0, NOTHING, /^$/],
    ['compile', ['compile', '--out', sif, dir], 0, '', new RegExp(`^INFO:    Plugin built to: ${sif}\n$`)],
    ['install as root', ['install', '--yes', sif], 0, '', /not signed/],
    ['install as user', ['install', '--system', '--yes', sif], 1, '', refused],
    ['list, enabled', ['list'], 0, yes, /^$/],
    ['disable as root', ['disable', NAME], 0, '', /^$/],
    ['list, disabled', ['list'], 0, no, /^$/],
    ['disable as user', ['disable', '--system', NAME], 1, '', refused],
    ['enable as root', ['enable', NAME], 0, '', /^$/],
    ['list, enabled again', ['list'], 0, yes, /^$/],
    ['enable as user', ['enable', '--system', NAME], 1, '', refused],
    [
      'inspect the name',
      ['inspect', NAME],
      0,
      new RegExp(`^Name: ${NAME}\nDescription: .*\nAuthor: .*\nVersion: .*\n$`),
      /^$/,
    ],
    ['inspect the file', ['inspect', sif], 0, new RegExp(`^Name: ${NAME}\nDescription: `), /^$/],
    ['uninstall as user', ['uninstall', '--system', NAME], 1, '', refused],
    ['uninstall as root', ['uninstall', NAME], 0, `Uninstalled plugin "${NAME}".\n`, /^$/],
    ['list, empty again', ['list'], 0, NOTHING, /^$/],
  ];
  expect(steps).toHaveLength(17);
  for (const [name, args, exitCode, stdout, stderr] of steps) {
    const result = await cli(args, args.includes('--system') ? asUser : {});
    expect(result.exitCode, `${name}: ${result.stderr}`).toBe(exitCode);
    if (typeof stdout === 'string') expect(result.stdout, name).toBe(stdout);
    else expect(result.stdout, name).toMatch(stdout);
    expect(result.stderr, name).toMatch(stderr);
  }
});

describe('the group answers to upstream’s spelling', () => {
  for (const group of ['plugin', 'plugins']) {
    test(group, async () => {
      await install(packer.pack({}));
      expect((await cli([group, 'list'])).stdout).toBe(`ENABLED  NAME\n    yes  ${NAME}\n`);
      expect((await cli([group, 'uninstall', NAME])).stdout).toBe(`Uninstalled plugin "${NAME}".\n`);
    });
  }
  test('"help plugin list" is that of "plugin list"', async () => {
    const [help, own] = [await cli(['help', 'plugin', 'list']), await cli(['plugin', 'list', '--help'])];
    expect(help).toEqual(own);
    expect(help.stdout).toContain('wasm-plugin plugin list [options]');
  });
  for (const args of [['plugin', '-h'], ['plugin', '--help'], ['help'], ['--help'], ['help', 'install']]) {
    test(`"${args.join(' ')}" prints help`, async () => {
      const { exitCode, stdout, stderr } = await cli(args);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toContain('install');
    });
  }
});

const already = [
  { args: ['enable', NAME], stderr: `INFO:    Plugin "${NAME}" is already enabled\n` },
  { args: ['enable', '--quiet', NAME], stderr: '' },
];
describe('enable of what is enabled is no failure', () => {
  for (const { args, stderr } of already) {
    test(args.join(' '), async () => {
      await install(packer.pack({}));
      expect(await cli(args)).toEqual({ exitCode: 0, stdout: '', stderr });
    });
  }
});

const failures = [
  { args: ['uninstall', 'x'], exitCode: 1, error: 'Failed to uninstall plugin "x": plugin not found.' },
  { args: ['enable', 'x'], exitCode: 1, error: 'Failed to enable plugin "x": plugin not found.' },
  { args: ['disable', 'x'], exitCode: 1, error: 'Failed to disable plugin "x": plugin not found.' },
  { args: ['inspect', 'x'], exitCode: 1, error: 'Failed to inspect plugin "x": plugin not found.' },
  { args: ['rollback', 'x'], exitCode: 1, error: 'Failed to roll back plugin "x": plugin not found.' },
  { args: ['config', 'x', 'a=b'], exitCode: 1, error: 'Failed to configure plugin "x": plugin not found.' },
  { args: ['config', 'x'], exitCode: 1, error: 'Failed to show the settings of plugin "x": plugin not found.' },
  { args: ['compile', 'x'], exitCode: 1, error: 'Compilation failed: "x" doesn\'t exist' },
  { args: ['install', 'x.sif'], exitCode: 1, error: 'Failed to install plugin "x.sif": no such file or directory.' },
  { args: ['install', '.'], exitCode: 1, error: 'Failed to install plugin ".": it is a folder.' },
  { args: ['inspect', '\u001b[2J'], exitCode: 1, error: 'Failed to inspect plugin "\\u{1b}[2J": plugin not found.' },
  { args: ['create', 'dir', '../x'], exitCode: 1, error: 'Failed to create plugin directory dir: ' },
  { args: ['list', 'x'], exitCode: 2, error: 'Wrong usage of "wasm-plugin list": ' },
  { args: ['lst'], exitCode: 2, error: 'Wrong usage of "wasm-plugin": unknown command \'lst\'' },
  { args: ['list', '--nope'], exitCode: 2, error: 'Wrong usage of "wasm-plugin list": unknown option' },
  { args: ['install'], exitCode: 2, error: 'Wrong usage of "wasm-plugin install": missing required argument' },
  { args: ['enable'], exitCode: 2, error: 'Name a plugin to enable, or give --all' },
  { args: ['enable', '--all', 'x'], exitCode: 2, error: '--all and names of plugins exclude each other' },
  { args: ['config', 'x', 'novalue'], exitCode: 2, error: '"novalue" is not KEY=VALUE' },
  { args: ['install', 'x', '--order', 'one'], exitCode: 2, error: '--order "one" is not a whole number' },
  { args: ['list', '--system', '--user'], exitCode: 2, error: '--system and --user name different stores' },
  { args: ['completion', 'tcsh'], exitCode: 2, error: '"tcsh" is no shell that there is a script for' },
];
describe('failures say what and why, on stderr alone', () => {
  for (const { args, exitCode, error } of failures) {
    test(JSON.stringify(args), async () => {
      const result = await cli(args);
      expect(result.stderr.split('\n')[0]).toContain(`ERROR:   ${error}`);
      expect(result).toMatchObject({ exitCode, stdout: '' });
      expect(result.stderr).not.toMatch(/\n\s+at /);
    });
  }
  test('--debug adds the stack', async () => {
    expect((await cli(['--debug', 'uninstall', 'x'])).stderr).toMatch(/\n\s+at /);
  });
  test('a record that cannot be read is named, and can be removed', async () => {
    await install(packer.pack({}));
    const [record] = records();
    writeFileSync(record!, '{');
    rmSync(join(cwd, 'store/index.jsonl'));
    const result = await cli(['list']);
    expect(result).toMatchObject({ exitCode: 0, stdout: NOTHING });
    expect(result.stderr).toMatch(/^WARNING: /);
    expect((await cli(['uninstall', NAME])).exitCode).toBe(0);
  });
});

function records(): string[] {
  const folder = join(cwd, 'store/plugins');
  return [join(folder, `${'76f699faa11e8fbe9a70d933651df90f4bf2b47301f4e924ba3dc6fd395d1d33'}.json`)].filter(
    existsSync,
  );
}

describe('install', () => {
  const asking = { requests: ['env:SLURM_*', 'config:mounts'] };

  test('shows what is asked for, and installs after a yes', async () => {
    const result = await cli(['install', packer.pack(asking)], { isTty: true, input: 'y\n' });
    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expect(result.stderr).toContain(`${NAME} 1.0.0, not signed\n  hooks         `);
    expect(result.stderr).toContain('  may change    mounts of the container\n');
    expect(result.stderr).toMatch(/ {2}may read {6}.*SLURM_/);
    expect(result.stderr).toContain('Install and enable? [y/N] ');
    expect(JSON.parse((await cli(['list', '--json'])).stdout)).toMatchObject([
      { name: NAME, grants: asking.requests, enabled: true },
    ]);
  });

  const refusals = [
    { name: 'a no', options: { isTty: true, input: 'n\n' } },
    { name: 'the end of input', options: { isTty: true, input: '' } },
    { name: 'no terminal', options: {} },
  ];
  for (const { name, options } of refusals) {
    test(`${name} installs nothing`, async () => {
      const result = await cli(['install', packer.pack(asking)], options);
      expect(result.exitCode).toBe(1);
      expect((await cli(['list'])).stdout).toBe(NOTHING);
      expect(existsSync(join(cwd, 'store'))).toBe(false);
    });
  }
  test('without a terminal the hint names --yes and --grant', async () => {
    expect((await cli(['install', packer.pack(asking)])).stderr).toMatch(/HINT: .*--yes.*--grant/);
  });

  test('--grant grants exactly that, and says what was not granted', async () => {
    const result = await cli(['install', '--grant', 'env:SLURM_JOB_ID', packer.pack(asking)]);
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain('not granted   env:SLURM_*, config:mounts');
    expect(JSON.parse((await cli(['inspect', '--json', NAME])).stdout).installed.grants).toEqual(['env:SLURM_JOB_ID']);
  });

  test('a grant that is none installs nothing', async () => {
    const result = await cli(['install', '--grant', 'everything', packer.pack(asking)]);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain('everything');
  });

  test('takes order, optional, overrides and disabled', async () => {
    await install(
      '--order',
      '7',
      '--optional',
      '--overrides',
      'a/b',
      '--overrides',
      'c/d',
      '--disabled',
      packer.pack({}),
    );
    expect(JSON.parse((await cli(['list', '--json'])).stdout)).toMatchObject([
      { order: 7, optional: true, overrides: ['a/b', 'c/d'], enabled: false },
    ]);
  });

  test('over a plugin keeps what the operator chose, and says what changed', async () => {
    await install('--order', '7', '--grant', 'config:mounts', packer.pack({ requests: ['config:mounts'] }));
    await cli(['disable', NAME]);
    const result = await cli(['install', '--yes', packer.pack({ version: '2.0.0', requests: ['config:mounts'] })]);
    expect(result.stderr).toContain('replaces      version 1.0.0, which is disabled');
    expect(result.stderr).toContain(`INFO:    Plugin "${NAME}" 1.0.0 was replaced by 2.0.0`);
    expect(result.stderr).not.toContain('asks for more');
    expect(JSON.parse((await cli(['list', '--json'])).stdout)).toMatchObject([
      { version: '2.0.0', order: 7, enabled: false, grants: ['config:mounts'] },
    ]);
  });

  test('names what a new version asks for beyond the old one', async () => {
    await install(packer.pack({ requests: ['config:mounts'] }));
    const result = await cli([
      'install',
      '--yes',
      packer.pack({ version: '2.0.0', requests: ['config:mounts', 'kv'] }),
    ]);
    expect(result.stderr).toContain('asks for more kv');
  });

  test('a failing lifecycle hook takes the plugin out again', async () => {
    const result = await cli(['install', '--yes', packer.pack({ version: '1.0.0-bad' })]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('this version never comes up');
    expect(result.stderr).toContain('it is not installed');
    expect(result.stderr).toContain('HINT:    Take another version\n');
    expect((await cli(['list'])).stdout).toBe(NOTHING);
  });

  test('a failing lifecycle hook of an upgrade brings the old version back', async () => {
    await install(packer.pack({}));
    const result = await cli(['install', '--yes', packer.pack({ version: '2.0.0-bad' })]);
    expect(result.stderr).toContain('version 1.0.0 is still installed');
    expect((await cli(['inspect', NAME])).stdout).toContain('Version: 1.0.0\n');
  });

  const unloadable = [
    {
      name: 'code that does not validate',
      parts: { main: '(func (drop (i32.add (i64.const 1) (i32.const 1))))' },
      says: /core module \d: it is not a valid WebAssembly module/,
    },
    {
      name: 'a reserved interface that no program can offer',
      parts: { capability: 'wasm-plugin:other/thing@1.0.0' },
      says: /wasm-plugin:other\/thing/,
    },
    {
      name: 'more memory than a plugin may have',
      parts: { memory: '(memory (export "memory") 4096)' },
      says: /memory/,
    },
  ];
  for (const { name, parts, says } of unloadable) {
    test(`a package with ${name} asks nobody, and replaces nothing`, async () => {
      const path = await packText(parts);
      const first = await cli(['install', path], { isTty: true, input: 'y\n' });
      expect(first.exitCode).toBe(1);
      expect(first.stderr).toMatch(says);
      expect(first.stderr).not.toContain('[y/N]');
      expect(existsSync(join(cwd, 'store'))).toBe(false);

      await install(packer.pack({}));
      const before = (await cli(['inspect', '--json', NAME])).stdout;
      for (const option of ['--yes', '--disabled']) {
        expect((await cli(['install', '--yes', option, path])).exitCode).toBe(1);
      }
      expect((await cli(['inspect', '--json', NAME])).stdout).toBe(before);
    });
  }

  test('keeps the code of the package for its first container', async () => {
    // Not loaded in this process before: what is in its cache is not made again.
    await install('--disabled', await packText({ main: '(func (export "unlike-any-other"))' }));
    const [name = ''] = readdirSync(join(cwd, 'store/code'));
    expect(name).toContain(JSON.parse((await cli(['inspect', '--json', NAME])).stdout).digest.slice('sha256:'.length));
  });

  test('warns about a grant that nobody asked for', async () => {
    expect((await cli(['install', '--grant', 'kv', packer.pack({})])).stderr).toContain(
      'WARNING: Grant "kv" has no effect',
    );
  });
});

const foreign = [
  { id: 'wasm-plugin:host/later@1.0.0', warning: /which this version does not offer/ },
  { id: 'acme:lookup/dns@1.0.0', warning: /it can only be loaded by a program that does/ },
];
/** Write a package of a component made from text; returns its path. */
async function packText(parts: TextPlugin): Promise<string> {
  const manifest = { name: NAME, author: 'A', version: '1.0.0', description: 'd', requests: [] };
  const contributes = { commands: [], flags: [], phases: [] };
  const path = join(cwd, 'text.sif');
  writeFileSync(path, packPlugin({ component: await textPlugin(parts), manifest: { ...manifest, contributes } }));
  return path;
}

describe('install of a plugin that needs more than there is here warns', () => {
  for (const { id, warning } of foreign) {
    test(id, async () => {
      const result = await cli(['install', '--yes', await packText({ capability: id })]);
      expect(result.exitCode, result.stderr).toBe(0);
      expect(result.stderr).toContain(`WARNING: The plugin imports "${id}"`);
      expect(result.stderr).toMatch(warning);
    });
  }
});

describe('several plugins', () => {
  beforeEach(async () => {
    await install(packer.pack({ name: 'a/b' }));
    await install(packer.pack({ name: 'c/d' }));
  });

  test('one switch turns all off and on', async () => {
    expect(await cli(['disable', '--all'])).toMatchObject({ exitCode: 0, stdout: '' });
    expect((await cli(['list'])).stdout).toBe('ENABLED  NAME\n     no  a/b\n     no  c/d\n');
    expect((await cli(['enable', '--all'])).exitCode).toBe(0);
    expect((await cli(['list'])).stdout).toBe('ENABLED  NAME\n    yes  a/b\n    yes  c/d\n');
  });

  test('a name that fails does not keep the others from it', async () => {
    const result = await cli(['disable', 'a/b', 'nope', 'c/d']);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('Failed to disable plugin "nope": plugin not found.');
    expect((await cli(['list'])).stdout).toBe('ENABLED  NAME\n     no  a/b\n     no  c/d\n');
  });

  test('uninstall --all', async () => {
    expect((await cli(['uninstall', '--all'])).stdout).toBe('Uninstalled plugin "a/b".\nUninstalled plugin "c/d".\n');
    expect((await cli(['list'])).stdout).toBe(NOTHING);
  });
});

describe('a name that is not quite one', () => {
  beforeEach(async () => {
    for (const name of ['example.com/quota', 'example.org/quota', 'example.com/binds'])
      await install(packer.pack({ name }));
  });
  const quotas = 'Did you mean one of example.com/quota, example.org/quota?';
  const hints = [
    { args: ['inspect', 'binds'], hint: 'Did you mean example.com/binds?' },
    { args: ['disable', 'quota'], hint: quotas },
    { args: ['uninstall', 'quoat'], hint: quotas },
    { args: ['config', 'example.com/bind'], hint: 'Did you mean example.com/binds?' },
    { args: ['call', 'exmaple.com/binds', 'command'], hint: 'Did you mean example.com/binds?' },
    { args: ['rollback', 'nothing-like-it'], hint: 'See "wasm-plugin list" for what is installed' },
  ];
  for (const { args, hint } of hints) {
    test(args.join(' '), async () => {
      const { exitCode, stderr } = await cli(args);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`plugin not found.\nHINT:    ${hint}\n`);
    });
  }
});

describe('a store that is not there', () => {
  const missing = 'WARNING: There is no store in "nowhere"\n';
  for (const args of [['list'], ['doctor'], ['inspect', 'x'], ['enable', 'x'], ['config', 'x'], ['unknown']]) {
    test(`is worth a warning to ${args.join(' ')}`, async () => {
      expect((await cli([...args, '--store', 'nowhere'])).stderr).toContain(missing);
    });
  }
  test('is made by install', async () => {
    expect((await cli(['install', '--yes', '--store', 'nowhere', packer.pack({})])).stderr).not.toContain('no store');
    expect((await cli(['--store', 'nowhere', 'list'])).stderr).toBe('');
  });
});

test('install of a folder says what to compile, and what then to install', async () => {
  const { stderr } = await cli(['install', '../']);
  expect(stderr).toContain('wasm-plugin compile ../, then wasm-plugin install ../');
});

describe('lifecycle events reach the plugin', () => {
  const events = [
    { args: ['disable', NAME], event: 'disabled' },
    { args: ['config', NAME, 'greeting=x'], event: 'configured' },
    { args: ['uninstall', NAME], event: 'uninstalling' },
  ];
  for (const { args, event } of events) {
    test(event, async () => {
      await install(packer.pack({ settings: { type: 'object', properties: { greeting: { type: 'string' } } } }));
      const result = await cli(args);
      expect(result.stderr).toContain(`INFO:    [${NAME}] lifecycle ${event} 1.0.0`);
    });
  }
  test('a disabled plugin is uninstalled without a word to it', async () => {
    await install(packer.pack({}));
    await cli(['disable', NAME]);
    expect((await cli(['uninstall', NAME])).stderr).toBe('');
  });
  test('a failure only warns', async () => {
    await install('--disabled', packer.pack({ version: '1.0.0-bad' }));
    const result = await cli(['enable', NAME]);
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toMatch(
      /WARNING: .* failed at its event "enabled": .*this version never comes up\. Take another version\n/,
    );
  });
});

describe('config', () => {
  const settings = {
    type: 'object',
    properties: { greeting: { type: 'string', default: 'hello' }, level: { type: 'integer', maximum: 9 } },
  } as const;
  beforeEach(() => install(packer.pack({ settings })));

  test('shows defaults, takes values, forgets them', async () => {
    expect((await cli(['config', NAME])).stdout).toBe('greeting=hello\n');
    expect((await cli(['config', NAME, 'greeting=hi there', 'level=3'])).exitCode).toBe(0);
    expect(JSON.parse((await cli(['config', '--json', NAME])).stdout)).toEqual({ greeting: 'hi there', level: 3 });
    expect((await cli(['config', NAME, '--unset', 'greeting'])).exitCode).toBe(0);
    expect(JSON.parse((await cli(['config', '--json', NAME])).stdout)).toEqual({ greeting: 'hello', level: 3 });
  });

  const mistakes = [
    { args: ['--unset', 'typo'], exitCode: 1, error: 'Cannot unset "typo"', hint: 'Its settings are greeting, level' },
    { args: ['foo'], exitCode: 2, error: '"foo" is not KEY=VALUE', hint: 'Its settings are greeting, level' },
    { args: ['level'], exitCode: 2, error: '"level" is not KEY=VALUE', hint: `wasm-plugin config ${NAME} level=VALUE` },
  ];
  for (const { args, exitCode, error, hint } of mistakes) {
    test(`${args.join(' ')}: ${error}`, async () => {
      const result = await cli(['config', NAME, 'greeting=changed', ...args]);
      expect(result).toMatchObject({ exitCode, stdout: '' });
      expect(result.stderr.toLowerCase()).toContain(error.toLowerCase());
      expect(result.stderr).toMatch(/\nHINT: {4}/);
      expect(result.stderr).toContain(hint);
      expect((await cli(['config', NAME])).stdout).toBe('greeting=hello\n');
    });
  }
  test('unsets what is at its default already, and what only an earlier version had', async () => {
    expect((await cli(['config', NAME, '--unset', 'greeting'])).exitCode).toBe(0);
    await cli(['config', NAME, 'level=3']);
    await install(packer.pack({ version: '2.0.0', settings: { type: 'object', properties: {} } }));
    expect((await cli(['config', NAME, '--unset', 'level'])).exitCode).toBe(0);
  });

  for (const pair of ['level=10', 'level=x', 'nope=1']) {
    test(`refuses ${pair} and changes nothing`, async () => {
      const result = await cli(['config', NAME, 'greeting=changed', pair]);
      expect(result).toMatchObject({ exitCode: 1, stdout: '' });
      expect((await cli(['config', NAME])).stdout).toBe('greeting=hello\n');
    });
  }
});

test('rollback returns to the version before, and says when there is none', async () => {
  await install(packer.pack({}));
  expect((await cli(['rollback', NAME])).stderr).toContain('there is no version before 1.0.0');
  await install(packer.pack({ version: '2.0.0' }));
  expect((await cli(['rollback', NAME])).exitCode).toBe(0);
  expect((await cli(['inspect', NAME])).stdout).toContain('Version: 1.0.0\n');
});

describe('call', () => {
  const request = { phase: 'run', path: 'x', args: ['a', 'b'], cwd: '/', user: { uid: 1, gid: 1, name: 'u' } };

  test('a hook of ours, by its short name and by its id', async () => {
    const sif = packer.pack({});
    for (const hook of ['command', 'wasm-plugin:hook/command@1.0.0']) {
      const result = await cli(['call', sif, hook, '--input', JSON.stringify(request)]);
      expect(result.exitCode, result.stderr).toBe(0);
      expect(JSON.parse(result.stdout)).toMatchObject({ exitCode: 42, stdout: 'a|b\n{}\n' });
      expect(result.stderr).toMatch(/INFO: {4}"\S+" took [\d.]+ ms/);
    }
  });

  const input = ['--input', JSON.stringify(request)];

  test.each(['inline', 'thread'])('says what it took, %s', async (isolation) => {
    const result = await cli(['call', packer.pack({}), 'command', ...input, '--isolation', isolation]);
    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stderr).toMatch(
      /took [\d.]+ ms \(compiling not counted\), [\d,]{3,} units of fuel, [\d.]+ MiB of memory, \d+ calls? to the host\n/,
    );
  });

  test('fuel is the same at each call, and bounds it', async () => {
    const sif = packer.pack({});
    const fuelOf = async (...options: string[]) =>
      /([\d,]+) units of fuel/.exec((await cli(['call', sif, 'command', ...input, ...options])).stderr)?.[1];
    const fuel = await fuelOf();
    expect(await fuelOf('--isolation', 'thread')).toBe(fuel);
    const units = Number(fuel?.replaceAll(',', ''));
    expect(await fuelOf('--fuel', String(units))).toBe(fuel);
    const short = await cli(['call', sif, 'command', ...input, '--fuel', String(units - 1)]);
    expect({ exitCode: short.exitCode, stderr: short.stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`used up its ${units - 1} units of fuel`),
    });
  });

  test.each([
    ['--fuel', '0', '--fuel "0" is not a number of units'],
    ['--isolation', 'process', '--isolation "process" is neither inline nor thread'],
    ['--plugin-deadline', 'soon', '--plugin-deadline "soon" is not a number of milliseconds'],
  ])('%s %s is a usage error', async (option, value, want) => {
    const result = await cli(['call', packer.pack({}), 'command', option, value]);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain(want);
  });

  test('an installed plugin, the request from stdin', async () => {
    await install(packer.pack({}));
    const result = await cli(['call', NAME, 'command', '--input', '-'], { input: JSON.stringify(request) });
    expect(JSON.parse(result.stdout).exitCode).toBe(42);
  });

  test('bytes with --raw', async () => {
    // {"phase":"after",…} is not needed: a map without fields, whose phase is then the empty text.
    const result = await cli(['call', packer.pack({}), 'lifecycle', '--raw', '--input', '\u0000'], {});
    expect(result.exitCode).toBe(1);
  });

  const wrong = [
    { args: ['nohook'], exitCode: 1, error: 'it does not export it' },
    { args: ['command'], exitCode: 1, error: 'phase' },
    { args: ['command', '--input', '{'], exitCode: 2, error: 'The input is not JSON' },
  ];
  for (const { args, exitCode, error } of wrong) {
    test(`${args.join(' ')}: ${error}`, async () => {
      const result = await cli(['call', packer.pack({}), ...args]);
      expect(result).toMatchObject({ exitCode, stdout: '' });
      expect(result.stderr).toContain(error);
    });
  }
});

test('inspect --long and --json say what the package is', async () => {
  const sif = packer.pack({ requests: ['kv'], license: 'MIT' });
  const long = (await cli(['inspect', '--long', sif])).stdout;
  expect(long).toMatch(/\nDigest: sha256:[0-9a-f]{64}\n/);
  expect(long).toContain('\nRequests:\n  kv\n');
  expect(JSON.parse((await cli(['inspect', '--json', sif])).stdout)).toMatchObject({
    name: NAME,
    signed: false,
    size: readFileSync(sif).byteLength,
    manifest: { license: 'MIT' },
    installed: null,
  });
});

test('doctor reports the store, and fails for a damaged package', async () => {
  await install(packer.pack({}));
  const digest: string = JSON.parse((await cli(['list', '--json'])).stdout)[0].digest;
  expect((await cli(['doctor'])).stdout).toContain('1 installed, 1 enabled, ok');
  writeFileSync(join(cwd, 'store/packages', `${digest.slice('sha256:'.length)}.sif`), 'damaged');
  const result = await cli(['doctor', '--json']);
  expect(result.exitCode).toBe(1);
  expect(JSON.parse(result.stdout).stores[0].problems).toHaveLength(1);
});
