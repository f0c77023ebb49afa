import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { applyFiles } from './apply.js';
import { checkSetups } from './check.js';
import { podmanConfigs } from './engine-configs.js';
import { defaultPlaces } from './places.js';
import type { SetupFacts } from './plan.js';
import { planPodman, planPrecreate } from './podman.js';

let home: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'wasm-plugin-check-')));
  mkdirSync(join(home, 'pkg/dist/bin'), { recursive: true });
  mkdirSync(join(home, 'store'));
  for (const name of ['node', 'crun']) writeFileSync(join(home, name), '', { mode: 0o755 });
  writeFileSync(join(home, 'pkg/dist/bin/wasm-plugin.js'), '');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const io = () => ({ env: { HOME: home }, user: { uid: 1000, gid: 1000, name: 'me', home } });

function setUp({ way = planPodman as typeof planPodman | typeof planPrecreate, folder = '' } = {}): SetupFacts {
  const facts: SetupFacts = {
    program: [join(home, 'node'), join(home, 'pkg/dist/bin/wasm-plugin.js')],
    runtime: join(home, 'crun'),
    store: join(home, 'store'),
    state: join(home, 'state'),
    pluginDeadline: '250',
    ...defaultPlaces('podman', io()),
    ...(folder === '' ? {} : { folder: join(home, folder) }),
  };
  applyFiles(way(facts, podmanConfigs(facts)).files, facts.folder, false);
  return facts;
}

/** Names without the folder of the test. */
const short = (texts: readonly string[] = []) => texts.map((text) => text.replaceAll(home, ''));

test('there is nothing to check before a setup', () => {
  expect(checkSetups(io())).toEqual([]);
});

const AGAIN = 'run again: wasm-plugin setup podman';
const ENTRY = '/.local/lib/wasm-plugin/podman/wasm-plugin';
const cases = [
  { name: 'nothing is wrong', act: () => undefined, problems: [] },
  {
    name: 'Node.js is gone',
    act: () => rmSync(join(home, 'node')),
    problems: ['Node.js is not at "/node" any more', AGAIN],
  },
  {
    name: 'wasm-plugin is gone',
    act: () => rmSync(join(home, 'pkg'), { recursive: true }),
    problems: ['wasm-plugin is not at "/pkg/dist/bin/wasm-plugin.js" any more', AGAIN],
  },
  {
    name: 'the runtime is no program any more',
    act: () => {
      rmSync(join(home, 'crun'));
      mkdirSync(join(home, 'crun'));
    },
    problems: ['the runtime is not at "/crun" any more', AGAIN],
  },
  {
    name: 'it starts another version',
    act: () => writeFileSync(join(home, 'pkg/package.json'), '{"name":"wasm-plugin","version":"0.0.1\\u001b"}'),
    problems: ['it starts version "0.0.1\\u{1b}" of wasm-plugin, this is 0.1.0', AGAIN],
  },
  {
    name: 'the package around the program is none of ours',
    act: () => writeFileSync(join(home, 'pkg/package.json'), '[]'),
    problems: [],
  },
  {
    name: 'another version wrote it',
    act: () => appendFileSync(join(home, ENTRY), '# more\n'),
    problems: [`"${ENTRY}" is not what this version writes`, AGAIN],
  },
  {
    name: 'the hook program is gone',
    act: () => rmSync(join(home, `${ENTRY}-hook`)),
    problems: [`"${ENTRY}-hook" is gone`, AGAIN],
  },
  {
    name: 'the entry is gone',
    act: () => rmSync(join(home, ENTRY)),
    problems: ['it is gone, and the configuration of podman names it'],
  },
  {
    name: 'somebody else wrote the entry',
    act: () => writeFileSync(join(home, ENTRY), '#!/bin/sh\n'),
    problems: ['"wasm-plugin setup" did not write it'],
  },
  {
    name: 'nothing can be made of the entry',
    act: () =>
      writeFileSync(
        join(home, ENTRY),
        '#!/bin/sh\n# Written by "wasm-plugin setup", which also replaces and removes it. Do not edit.\n',
      ),
    problems: ['it is not what this version writes'],
  },
  {
    name: 'the drop-in is elsewhere',
    act: () => rmSync(join(home, '.config/containers'), { recursive: true }),
    problems: [],
    notes: [
      '"/.config/containers/containers.conf.d/wasm-plugin.conf" is not there: podman does not know the runtime by its name',
    ],
  },
  {
    name: 'the store is gone, or not there yet',
    act: () => rmSync(join(home, 'store'), { recursive: true }),
    problems: [],
    notes: ['there is no store in "/store": containers start without plugins'],
  },
  {
    name: 'lists of podman have changed',
    act: () => writeFileSync(join(home, '.config/containers/containers.conf'), 'runtime_supports_json = ["mine"]\n'),
    problems: [],
    notes: ['"/.config/containers/containers.conf.d/wasm-plugin.conf" would be written differently now'],
  },
  {
    name: 'the drop-in is a loop of links',
    act: () => {
      const path = join(home, '.config/containers/containers.conf.d/wasm-plugin.conf');
      rmSync(path);
      symlinkSync(path, path);
    },
    problems: ['the configuration of podman cannot be read: too many symbolic links encountered'],
  },
];
for (const { name, act, problems, notes = [] } of cases) {
  test(`a setup for podman: ${name}`, () => {
    setUp();
    act();
    const checks = checkSetups(io());
    expect(checks.map(({ path }) => path)).toEqual([join(home, ENTRY)]);
    expect([short(checks[0]?.problems), short(checks[0]?.notes)]).toEqual([problems, notes]);
  });
}

test('a folder that --dir chose is found through the drop-in', () => {
  const { folder, store, runtime } = setUp({ folder: 'chosen' });
  const path = join(folder, 'wasm-plugin');
  expect(checkSetups(io())).toEqual([{ engine: 'podman', path, store, runtime, problems: [], notes: [] }]);
});

test('a setup with --precreate is one of its own', () => {
  setUp({ way: planPrecreate });
  expect(checkSetups(io())).toMatchObject([{ path: join(home, `${ENTRY}-precreate`), problems: [], notes: [] }]);
  setUp();
  expect(checkSetups(io()).map(({ path }) => path)).toEqual([join(home, ENTRY), join(home, `${ENTRY}-precreate`)]);
});
