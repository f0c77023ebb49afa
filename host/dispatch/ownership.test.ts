/** Whose a thing is when several plugins want it; grants are in test/contract/dispatch.test.ts. */
import { describe, expect, test } from 'vitest';
import { thrown } from '../../test/support/thrown.js';
import { diffConfig } from './diff.js';
import type { JsonObject } from './json.js';
import { createOwnership, type Ownership } from './ownership.js';
import type { PluginEntry } from './source.js';

const start: JsonObject = {
  process: { env: ['PATH=/bin'] },
  hooks: { poststop: [{ path: '/first' }] },
  x: { a: 1, list: [1] },
};

interface Step {
  readonly plugin: string;
  readonly overrides?: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: the rows reach into free-form JSON
  readonly edit: (config: any) => void;
}

/** Let each step's plugin claim what it changes, in order. */
function claimed(steps: readonly Step[]): Ownership {
  const ownership = createOwnership();
  let config = structuredClone(start);
  for (const { plugin, overrides = [], edit } of steps) {
    const draft = structuredClone(config);
    edit(draft);
    ownership.claim({ name: plugin, overrides } as unknown as PluginEntry, diffConfig(config, draft), draft);
    config = draft;
  }
  return ownership;
}

const env = (value: string): Step['edit'] => {
  return (config) => {
    config.process.env = [`PATH=${value}`];
  };
};
const addHook = (path: string): Step['edit'] => {
  return (config) => {
    config.hooks ??= {};
    config.hooks.poststop = [...(config.hooks.poststop ?? []), { path }];
  };
};
const noHooks: Step['edit'] = (config) => {
  delete config.hooks.poststop;
};

const mount = (destination: string, source: string, at = 1000): Step['edit'] => {
  return (config) => {
    config.mounts ??= [];
    config.mounts.splice(at, 0, { destination, source });
  };
};

const cases: readonly { name: string; steps: readonly Step[]; want: string }[] = [
  {
    name: 'two values of one thing',
    steps: [
      { plugin: 'a', edit: env('/x') },
      { plugin: 'b', edit: env('/y') },
    ],
    want: 'Plugins "a" and "b" both change "env[PATH]": to "PATH=/x" and to "PATH=/y"',
  },
  ...['/x/', '//x', '/x/.', '/y/../x'].map((path) => ({
    name: `two mounts on one path, once as ${path}`,
    steps: [
      { plugin: 'a', edit: mount('/x', '/1') },
      { plugin: 'b', edit: mount(path, '/2') },
    ],
    want: 'Plugins "a" and "b" both change "mounts[/x]"',
  })),
  {
    name: 'a mount over that of another',
    steps: [
      { plugin: 'a', edit: mount('/x/y/z', '/1') },
      { plugin: 'b', edit: mount('/x', '/2') },
    ],
    want: 'Plugin "b" mounts on "/x", and covers "mounts[/x/y/z]" of plugin "a"',
  },
  {
    name: 'a mount over the whole root',
    steps: [
      { plugin: 'a', edit: mount('/x', '/1') },
      { plugin: 'b', edit: mount('/', '/2') },
    ],
    want: 'Plugin "b" mounts on "/", and covers "mounts[/x]" of plugin "a"',
  },
  {
    name: 'a mount under that of another',
    steps: [
      { plugin: 'a', edit: mount('/x/y', '/1') },
      { plugin: 'b', edit: mount('/x', '/2', 0) },
    ],
    want: 'ok',
  },
  {
    name: 'a mount over that of one which it overrides, or beside it',
    steps: [
      { plugin: 'a', edit: mount('/x/y', '/1') },
      { plugin: 'b', overrides: ['a'], edit: mount('/x', '/2') },
      { plugin: 'c', edit: mount('/x/yy', '/3') },
    ],
    want: 'ok',
  },
  {
    name: 'a value and none',
    steps: [
      { plugin: 'a', edit: env('/x') },
      {
        plugin: 'b',
        edit: (config) => {
          config.process.env = [];
        },
      },
    ],
    want: 'Plugins "a" and "b" both change "env[PATH]": to "PATH=/x" and to absent',
  },
  {
    name: 'the way back to the first value',
    steps: [
      { plugin: 'a', edit: env('/x') },
      { plugin: 'b', edit: env('/bin') },
    ],
    want: 'Plugins "a" and "b" both change "env[PATH]": to "PATH=/x" and to "PATH=/bin"',
  },
  {
    name: 'the last owner is the one that counts',
    steps: [
      { plugin: 'a', edit: env('/x') },
      { plugin: 'b', overrides: ['a'], edit: env('/y') },
      { plugin: 'c', overrides: ['a'], edit: env('/z') },
    ],
    want: 'Plugins "b" and "c" both change "env[PATH]": to "PATH=/y" and to "PATH=/z"',
  },
  {
    name: 'who overrides all before it may',
    steps: [
      { plugin: 'a', edit: env('/x') },
      { plugin: 'b', overrides: ['a'], edit: env('/y') },
      { plugin: 'c', overrides: ['b'], edit: env('/z') },
    ],
    want: 'ok',
  },
  {
    name: 'everybody may append',
    steps: [
      { plugin: 'a', edit: addHook('/a') },
      { plugin: 'b', edit: addHook('/b') },
      { plugin: 'c', edit: addHook('/c') },
    ],
    want: 'ok',
  },
  {
    name: 'nobody may drop what another appended',
    steps: [
      { plugin: 'a', edit: addHook('/a') },
      { plugin: 'b', edit: addHook('/b') },
      {
        plugin: 'c',
        edit: (config) => {
          config.hooks.poststop = [{ path: '/c' }, { path: '/a' }];
        },
      },
    ],
    want: 'Plugins "b" and "c" both change "/hooks/poststop": to "[{\\"path\\":\\"/b\\"}]" and to',
  },
  {
    name: 'a list may be put in another order around what was appended',
    steps: [
      { plugin: 'a', edit: addHook('/a') },
      {
        plugin: 'b',
        edit: (config) => {
          config.hooks.poststop.unshift({ path: '/b' });
        },
      },
    ],
    want: 'ok',
  },
  {
    name: 'an appended entry outlives the next change of the list',
    steps: [
      { plugin: 'a', edit: addHook('/a') },
      {
        plugin: 'b',
        edit: (config) => {
          config.hooks.poststop.unshift({ path: '/b' });
        },
      },
      { plugin: 'c', overrides: ['b'], edit: noHooks },
    ],
    want: 'Plugins "a" and "c" both change "/hooks/poststop"',
  },
  {
    name: 'what a plugin replaced may be appended to',
    steps: [
      {
        plugin: 'a',
        edit: (config) => {
          config.hooks.poststop = [{ path: '/a' }];
        },
      },
      { plugin: 'b', edit: addHook('/b') },
    ],
    want: 'ok',
  },
  {
    name: 'what a plugin took away may not come back by appending',
    steps: [
      { plugin: 'a', edit: noHooks },
      { plugin: 'b', edit: addHook('/b') },
    ],
    want: 'Plugins "a" and "b" both change "/hooks/poststop": to absent and to',
  },
  {
    name: 'an object may not give way with another’s value inside',
    steps: [
      {
        plugin: 'a',
        edit: (config) => {
          config.x.b = { deep: 2 };
        },
      },
      {
        plugin: 'b',
        edit: (config) => {
          config.x = 'gone';
        },
      },
    ],
    want: 'Plugins "a" and "b" both change "/x/b/deep": to "2" and to absent',
  },
  {
    name: 'nor with another’s appended entry inside',
    steps: [
      { plugin: 'a', edit: (config) => config.x.list.push(2) },
      {
        plugin: 'b',
        edit: (config) => {
          config.x = null;
        },
      },
    ],
    want: 'Plugins "a" and "b" both change "/x/list"',
  },
];

describe('claim()', () => {
  for (const { name, steps, want } of cases) {
    test(name, () => {
      if (want === 'ok') {
        expect(claimed(steps).changes.map(({ plugin }) => plugin)).toEqual(steps.map(({ plugin }) => plugin));
        return;
      }
      const error = thrown(() => claimed(steps));
      expect(error.code).toBe('CONFIG_CONFLICT');
      expect(error.message).toContain(want);
    });
  }

  test('takes nothing over if one of several things is another’s', () => {
    const ownership = claimed([{ plugin: 'a', edit: env('/x') }]);
    const b = { name: 'b', overrides: [] } as unknown as PluginEntry;
    const made = diffConfig({}, { hostname: 'b', process: { env: ['PATH=/y'] } });
    expect(thrown(() => ownership.claim(b, made, {})).code).toBe('CONFIG_CONFLICT');
    expect(ownership.changes).toHaveLength(1);
    expect(ownership.mayReplace(b, { thing: '/hostname', before: 'b', after: 'c' })).toBe(false);
  });

  test('is quick where many things are inside of many', () => {
    const many = (value: unknown): JsonObject =>
      Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, value])) as JsonObject;
    const ownership = createOwnership();
    const plugin = (name: string): PluginEntry => ({ name, overrides: ['a'] }) as unknown as PluginEntry;
    ownership.claim(plugin('a'), diffConfig({ x: many({ a: 1 }) }, { x: many({ a: 2 }) }), {});
    const began = process.cpuUsage();
    ownership.claim(plugin('b'), diffConfig({ x: many({ a: 2 }) }, { x: many(0) }), {});
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(3000);
  });
});

test('claim() is quick where many deep mounts could be covered', () => {
  const ownership = createOwnership();
  const plugin = (name: string): PluginEntry => ({ name, overrides: [] }) as unknown as PluginEntry;
  const deep = Array.from({ length: 9000 }, (_, i) => ({ destination: `/${'a/'.repeat(200)}${i}` }));
  const before: JsonObject = { mounts: deep };
  const after: JsonObject = { mounts: [...deep, { destination: '/b' }] };
  ownership.claim(plugin('a'), diffConfig({}, before), before);
  const began = process.cpuUsage();
  ownership.claim(plugin('b'), diffConfig(before, after), after);
  expect(process.cpuUsage(began).user / 1000).toBeLessThan(3000);
});

describe('mayReplace()', () => {
  const ownership = claimed([
    { plugin: 'a', edit: env('/x') },
    { plugin: 'b', edit: addHook('/h') },
  ]);
  const plugin = (overrides: readonly string[]): PluginEntry => ({ name: 'c', overrides }) as unknown as PluginEntry;
  const path = { thing: 'env[PATH]', before: 'PATH=/x', after: 'PATH=/y' };
  const hook = { thing: '/hooks/poststop', before: { path: '/h' }, after: { path: '/h', args: ['h'] } };

  test('where it overrides the owner', () => {
    expect(ownership.mayReplace(plugin(['a']), path)).toBe(true);
    expect(ownership.mayReplace(plugin(['b']), hook)).toBe(true);
  });

  test('else both plugins and both values are named', () => {
    expect(thrown(() => ownership.mayReplace(plugin(['b']), path)).message).toBe(
      'Plugins "a" and "c" both change "env[PATH]": to "PATH=/x" and to "PATH=/y"',
    );
    expect(thrown(() => ownership.mayReplace(plugin([]), hook)).message).toMatch(/^Plugins "b" and "c" both change/);
  });

  test('not what was there before all plugins', () => {
    expect(ownership.mayReplace(plugin(['a', 'b']), { ...hook, before: { path: '/first' } })).toBe(false);
  });
});
