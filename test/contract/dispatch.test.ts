/** Many plugins on one hook: order, owners, grants, vetoes, failures, state. One component plays all of them. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EngineConfigResult, PluginEntry } from '../../host/dispatch/index.js';
import { PluginError } from '../../host/errors/index.js';
import { packPlugin, readPackage } from '../../host/package/index.js';
import { baseConfig, commandCall, dispatcherOver, engine, type TestDispatcher } from '../support/dispatch.js';
import { compileFolder, installed } from '../support/example-plugin.js';

let compiled: ReturnType<typeof readPackage>;

beforeAll(async () => {
  compiled = readPackage(await compileFolder(fileURLToPath(new URL('../programs/as-many', import.meta.url))));
});

const ALL = ['config:env', 'config:mounts', 'config:ociHooks', 'config:args', 'config:/linux', 'process:signal'];
const EVERY_COMMAND = { commands: [], flags: [], phases: [{ command: '*', phases: ['before', 'after'] as const }] };

/** The program under `name`, doing `wish` with `what`. It requests everything, and is granted it unless `options` say less. */
function plugin(name: string, wish: string, what = '', options: Partial<PluginEntry> = {}): PluginEntry {
  const manifest = { ...compiled.manifest, name, requests: ALL, contributes: EVERY_COMMAND };
  const bytes = packPlugin({ component: compiled.component, manifest });
  return installed(bytes, { ...options, settings: { do: wish, what } });
}

async function configured(...plugins: PluginEntry[]): Promise<EngineConfigResult & { readonly lines: string[] }> {
  const dispatcher = await dispatcherOver(plugins);
  const result = await dispatcher.engineConfig({ config: baseConfig, engine, flagsOf: () => ({}) });
  return { ...result, lines: dispatcher.lines };
}

async function failing(...plugins: PluginEntry[]): Promise<string> {
  return configured(...plugins).then(
    () => 'ok',
    (error) => `${error.code} ${error.message}`,
  );
}

describe('engine-config over many plugins', () => {
  test('runs by order first, then by name, and each sees the edits before it', async () => {
    const { lines, changes } = await configured(
      plugin('b', 'see'),
      plugin('z', 'mount', '/early', { order: 10 }),
      plugin('a', 'env', 'x'),
    );
    expect(changes.map((change) => change.plugin)).toEqual(['z', 'a']);
    expect(lines).toEqual(['info ["PATH=/bin","WHAT=x"]']);
  });

  test('names both plugins and both values of a conflict, and leaves the config alone', async () => {
    const message = await failing(plugin('a', 'env', 'x'), plugin('b', 'env', 'y'));
    expect(message).toMatch(/^CONFIG_CONFLICT .*"a" and "b" both change "env\[WHAT\]": to "WHAT=x" and to "WHAT=y"/);
    expect(baseConfig.process.env).toEqual(['PATH=/bin']);
  });

  test('names both plugins and both values also where the second one only adds', async () => {
    const message = await failing(plugin('a', 'add', '/x'), plugin('b', 'add', '/y'));
    expect(message).toMatch(
      /^CONFIG_CONFLICT Plugins "a" and "b" both change "mounts\[\/data\]": to .*\/x.* and to .*\/y/,
    );
    const { config, changes } = await configured(
      plugin('a', 'add', '/x'),
      plugin('b', 'add', '/y', { overrides: ['a'] }),
    );
    expect(config).toMatchObject({ process: { env: ['PATH=/bin', 'ADDED=/y'] } });
    expect(changes.map(({ plugin: owner, thing }) => `${owner} ${thing}`)).toEqual([
      'a env[ADDED]',
      'a mounts[/data]',
      'b env[ADDED]',
      'b mounts[/data]',
    ]);
  });

  const orders = [
    { name: 'the names decide where no order is given', orders: [50, 50, 50], want: ['a', 'b', 'c'] },
    { name: 'a smaller order goes first', orders: [50, 60, 10], want: ['c', 'a', 'b'] },
    { name: 'names decide between equals only', orders: [10, 5, 5], want: ['b', 'c', 'a'] },
  ];
  for (const { name, orders: given, want } of orders) {
    test(`of three plugins, ${name}`, async () => {
      const three = ['c', 'a', 'b'].map((letter) =>
        plugin(letter, 'hook', `/${letter}`, { order: given['abc'.indexOf(letter)]! }),
      );
      const { config, changes } = await configured(...three);
      expect(changes.map((change) => change.plugin)).toEqual(want);
      expect(config.hooks).toEqual({ poststop: want.map((letter) => ({ path: `/${letter}` })) });
    });
  }

  const middles = [
    { name: 'is in conflict', wish: 'env', what: 'y', says: 'both change' },
    { name: 'breaks the config', wish: 'patch', what: '/process/env/0', says: 'process.env' },
    { name: 'takes away what a container needs', wish: 'drop', what: '/process/args', says: 'name a program' },
    { name: 'is not granted its change', wish: 'patch', what: '/root/path', says: 'not granted' },
    { name: 'crashes', wish: 'trap', what: '', says: 'as asked' },
  ];
  for (const { name, wish, what, says } of middles) {
    test(`an optional plugin in the middle that ${name} leaves nothing of itself, the others all`, async () => {
      const { config, changes, lines } = await configured(
        plugin('a', 'env', 'x'),
        plugin('b', wish, what, { optional: true }),
        plugin('c', 'mount', '/c'),
      );
      const whole = await configured(plugin('a', 'env', 'x'), plugin('c', 'mount', '/c'));
      expect(config).toEqual(whole.config);
      expect(changes.map((change) => change.plugin)).toEqual(['a', 'c']);
      expect(lines).toEqual([expect.stringMatching(new RegExp(`^warning Plugin.*"b".*${says}.*optional`, 's'))]);
    });
  }

  test('any other that fails takes the edits of all along', async () => {
    expect(await failing(plugin('a', 'env', 'x'), plugin('b', 'veto', 'no'), plugin('c', 'mount', '/c'))).toMatch(
      /^VETOED Plugin "b"/,
    );
    expect(baseConfig.process.env).toEqual(['PATH=/bin']);
  });

  test('blames no plugin for a config that was wrong before, and asks none', async () => {
    const dispatcher = await dispatcherOver([plugin('a', 'see', '', { optional: true })]);
    const config = { ...baseConfig, process: { ...baseConfig.process, env: ['=x'] } };
    await expect(dispatcher.engineConfig({ config, engine, flagsOf: () => ({}) })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^Cannot use the container config: process\.env\[0\]/),
    });
    expect(dispatcher.lines).toEqual([]);
  });

  test('passes on what it does not know, and the largest numbers, untouched', async () => {
    const rlimits = [{ type: 'RLIMIT_NPROC', soft: 2 ** 64, hard: 2 ** 64 }];
    const odd = { 'x-other': { __unknown: [null, 1.5] }, windows: { a: 1 } };
    const config = { ...baseConfig, ...odd, process: { ...baseConfig.process, rlimits } };
    const dispatcher = await dispatcherOver([plugin('a', 'env', 'x')]);
    const result = await dispatcher.engineConfig({ config, engine, flagsOf: () => ({}) });
    expect(result.config).toMatchObject({ ...odd, process: { rlimits } });
    expect(result.changes.map(({ thing }) => thing)).toEqual(['env[WHAT]']);
  });

  test('sees no conflict where both want the same', async () => {
    expect(await failing(plugin('a', 'env', 'x'), plugin('b', 'env', 'x'))).toBe('ok');
  });

  test('sees no conflict between two mounts on different places, nor between two hooks', async () => {
    expect(await failing(plugin('a', 'hook', '/x'), plugin('b', 'hook', '/y'), plugin('c', 'mount', '/z'))).toBe('ok');
  });

  test('lets a plugin override those that it was installed to override, and only those', async () => {
    const over = plugin('b', 'env', 'y', { overrides: ['a'] });
    const { config } = await configured(plugin('a', 'env', 'x'), over);
    expect(config).toMatchObject({ process: { env: ['PATH=/bin', 'WHAT=y'] } });
    expect(await failing(plugin('a', 'env', 'x'), plugin('b', 'env', 'y', { overrides: ['c'] }))).toMatch(
      /^CONFIG_CONFLICT/,
    );
  });

  test('a patch needs a grant for its pointer, and has it only with one', async () => {
    const { config } = await configured(plugin('a', 'patch', '/linux/x'));
    expect(config).toMatchObject({ linux: { x: 'patched' } });
    expect(await failing(plugin('a', 'patch', '/root/path'))).toMatch(/^CONFIG_DENIED .*"a".*"\/root\/path"/);
    expect(await failing(plugin('a', 'patch', '/linuxx'))).toMatch(/^CONFIG_DENIED/);
  });

  test('a patch cannot reach around the grant of an adjustment', async () => {
    const sly = plugin('a', 'patch', '/process/env/-', { grants: ['config:mounts'] });
    expect(await failing(sly)).toMatch(/^CONFIG_(DENIED|INVALID)/);
  });

  test('what the manifest does not request has no effect even if it was granted', async () => {
    const manifest = { ...compiled.manifest, name: 'a', requests: [] };
    const bytes = packPlugin({ component: compiled.component, manifest });
    const entry = installed(bytes, { grants: ALL, settings: { do: 'env', what: 'x' } });
    await expect(configured(entry)).rejects.toMatchObject({
      code: 'CONFIG_DENIED',
      hint: expect.stringMatching(/^It does not ask for config:env, .*"requests" in plugin\.json/),
    });
  });

  test('what the manifest requests and was not granted is named for the next installation', async () => {
    await expect(configured(plugin('a', 'env', 'x', { grants: ['config:mounts'] }))).rejects.toMatchObject({
      code: 'CONFIG_DENIED',
      hint: expect.stringContaining('--grant config:env '),
    });
  });

  test('refuses a result that is no OCI config', async () => {
    const breaking = plugin('a', 'patch', '/process/env/0', { grants: [...ALL] });
    expect(await failing(breaking)).toMatch(/^CONFIG_INVALID .*"a".*process\.env/);
  });

  test('a veto stops the run and quotes the reason', async () => {
    expect(await failing(plugin('a', 'veto', 'not \u001b[1mtoday'))).toBe(
      'VETOED Plugin "a" refused to let the container start: "not \\u{1b}[1mtoday"',
    );
  });

  test('a veto of an optional plugin is a veto too', async () => {
    expect(await failing(plugin('a', 'veto', 'no', { optional: true }))).toMatch(/^VETOED/);
  });

  const broken = [
    { name: 'traps', wish: 'trap', want: /^GUEST_TRAP .*"a".*as asked.*assembly\/index\.ts:\d+:\d+/ },
    { name: 'answers with an error', wish: 'fail', want: /^GUEST_ERROR .*"a".*The settings ask for it/ },
  ];
  for (const { name, wish, want } of broken) {
    test(`a plugin that ${name} stops the run`, async () => expect(await failing(plugin('a', wish))).toMatch(want));

    test(`an optional plugin that ${name} is left out with a warning`, async () => {
      const { config, lines } = await configured(plugin('a', wish, '', { optional: true }), plugin('b', 'env', 'x'));
      expect(config).toMatchObject({ process: { env: ['PATH=/bin', 'WHAT=x'] } });
      expect(lines.join()).toMatch(/^warning Plugin "a".*optional/);
    });
  }

  test('a package under another name than its record is refused', async () => {
    expect(await failing({ ...plugin('a', 'see'), name: 'b' })).toMatch(/^PACKAGE_INVALID .*"b".*"a"/);
  });
});

describe('the hooks of one run', () => {
  const call = { id: 'c1', pid: 1, bundle: '/b', config: baseConfig };

  async function afterConfig(...plugins: PluginEntry[]): Promise<TestDispatcher> {
    const dispatcher = await dispatcherOver(plugins);
    await dispatcher.engineConfig({ config: baseConfig, engine, flagsOf: () => ({}) });
    return dispatcher;
  }

  test('share one instance and the state that the plugin set', async () => {
    const dispatcher = await afterConfig(plugin('a', 'env', 'x'));
    await dispatcher.postStart(call);
    expect(dispatcher.lines).toEqual(['info state 1, call 2']);
  });

  test('read a package and its settings once, however many calls there are', async () => {
    const entry = plugin('a', 'see');
    const asked: string[] = [];
    const counting: PluginEntry = {
      ...entry,
      load: () => {
        asked.push('package');
        return entry.load();
      },
      settings: (manifest) => {
        asked.push('settings');
        return entry.settings(manifest);
      },
    };
    const dispatcher = await afterConfig(counting);
    await dispatcher.postStart(call);
    const session = dispatcher.monitor();
    for (let i = 0; i < 3; i++) {
      await session.tell({ id: 'c1', pid: 1, uptimeMs: i, event: 'tick' });
    }
    expect(asked).toEqual(['package', 'settings']);
  });

  test('settings that do not fit stop the run before the plugin is called', async () => {
    const refused = new PluginError('SETTINGS_INVALID', 'Plugin "a": site is missing');
    const entry: PluginEntry = {
      ...plugin('a', 'see'),
      settings: () => {
        throw refused;
      },
    };
    await expect(afterConfig(entry)).rejects.toBe(refused);
  });

  test('the first post-start veto stops the chain', async () => {
    const dispatcher = await dispatcherOver([plugin('a', 'veto-start'), plugin('b', 'see')]);
    await expect(dispatcher.postStart(call)).rejects.toMatchObject({ code: 'VETOED' });
    expect(dispatcher.lines).toHaveLength(1);
  });

  test('a monitor that fails is told no more, and the others are', async () => {
    const dispatcher = await dispatcherOver([plugin('a', 'trap'), plugin('b', 'see')]);
    const session = dispatcher.monitor();
    await session.tell({ id: 'c1', pid: 1, uptimeMs: 0, event: 'started' });
    await session.tell({ id: 'c1', pid: 1, uptimeMs: 1, event: 'tick' });
    expect(dispatcher.lines.map((line) => line.slice(0, 18))).toEqual([
      'warning Plugin "a"',
      'info started',
      'info tick',
    ]);
  });

  const monitors = [
    {
      name: 'an observer may not act',
      monitor: 'observe',
      grants: ALL,
      what: 'SIGTERM',
      signal: undefined,
      exitCode: undefined,
    },
    {
      name: 'the exclusive one may',
      monitor: 'exclusive',
      grants: ALL,
      what: 'SIGTERM',
      signal: 'SIGTERM',
      exitCode: 7,
    },
    {
      name: 'but signals need a grant',
      monitor: 'exclusive',
      grants: [],
      what: 'SIGTERM',
      signal: undefined,
      exitCode: 7,
    },
    { name: 'and have to exist', monitor: 'exclusive', grants: ALL, what: 'SIGNOPE', signal: undefined, exitCode: 7 },
    { name: 'also on no object', monitor: 'exclusive', grants: ALL, what: 'toString', signal: undefined, exitCode: 7 },
  ] as const;
  for (const { name, monitor, grants, what, signal, exitCode } of monitors) {
    test(`monitors: ${name}`, async () => {
      const dispatcher = await dispatcherOver([plugin('a', 'see', what, { monitor, grants })]);
      const actions = await dispatcher.monitor().tell({ id: 'c1', pid: 1, uptimeMs: 0, event: 'started' });
      expect(actions).toMatchObject({ signal, exitCode });
    });
  }
});

describe('commands', () => {
  test('before and after reach the plugins that asked, in order', async () => {
    const dispatcher = await dispatcherOver([plugin('b', 'see'), plugin('a', 'see')]);
    const call = commandCall('run', { args: ['x', 'y'] });
    await dispatcher.before(call);
    await dispatcher.after(call, 3);
    expect(dispatcher.lines).toEqual(['info before x,y', 'info before x,y', 'info after x,y', 'info after x,y']);
  });

  test('arguments change only with config:args', async () => {
    const may = await dispatcherOver([plugin('a', 'args', 'other')]);
    expect((await may.before(commandCall('run', { args: ['x'] }))).args).toEqual(['other']);
    const mayNot = await dispatcherOver([plugin('a', 'args', 'other', { grants: [] })]);
    await expect(mayNot.before(commandCall('run'))).rejects.toMatchObject({
      code: 'CONFIG_DENIED',
      hint: expect.stringContaining('--grant config:args'),
    });
  });

  test('a plugin changes its own flags and nobody else sees that', async () => {
    const dispatcher = await dispatcherOver([plugin('a', 'flag', 'set'), plugin('b', 'see')]);
    const { flagsOf } = await dispatcher.before(commandCall('run', { flags: { other: 1 } }));
    expect(flagsOf('a')).toEqual({ other: 1, mine: 'set' });
    expect(flagsOf('b')).toEqual({ other: 1 });
  });

  test('a plugin that fails before a command stops it, and one that fails after it is a warning', async () => {
    const dispatcher = await dispatcherOver([plugin('a', 'trap')]);
    await expect(dispatcher.before(commandCall('run'))).rejects.toMatchObject({ code: 'GUEST_TRAP' });
    await dispatcher.after(commandCall('run'), 0);
    expect(dispatcher.lines.join()).toMatch(/^warning Plugin "a"/);
  });
});
