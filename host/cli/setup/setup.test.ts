/** The texts that `setup` writes, and the entry as a shell runs it. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MARK } from '../../shim/index.js';
import { applyFiles, undoFiles } from './apply.js';
import { planContainerd } from './containerd.js';
import type { SetupFacts } from './plan.js';
import { planPodman, planPrecreate } from './podman.js';

const FACTS: SetupFacts = {
  program: ['/usr/bin/node', '/lib/wp/wasm-plugin.js'],
  runtime: '/usr/bin/crun',
  store: '/var/lib/wasm-plugin',
  state: '/run/wasm-plugin',
  pluginDeadline: undefined,
  folder: '/usr/local/lib/wasm-plugin/podman',
  config: '/etc/containers/containers.conf.d',
};

describe('planPodman()', () => {
  test('adds to what podman has', () => {
    expect(planPodman(FACTS, []).files[2]).toEqual({
      path: '/etc/containers/containers.conf.d/wasm-plugin.conf',
      mode: 0o644,
      text: `${MARK}
[engine]
runtime_supports_json = ["crun", "runc", "kata", "runsc", "youki", "krun", "wasm-plugin"]
runtime_supports_nocgroup = ["crun", "krun", "wasm-plugin"]

[engine.runtimes]
wasm-plugin = ["/usr/local/lib/wasm-plugin/podman/wasm-plugin"]
`,
    });
  });

  const lists = [
    { name: 'a site’s list', text: '[engine]\nruntime_supports_json = ["mine"]\n', want: '["mine", "wasm-plugin"]' },
    {
      name: 'a list of many lines',
      text: 'runtime_supports_json=[\n  \'a\', # not "b"\n  "c",\n]',
      want: '["a", "c", "wasm-plugin"]',
    },
    { name: 'an empty list', text: 'runtime_supports_json = []', want: '["wasm-plugin"]' },
    { name: 'our own of an earlier version', text: 'runtime_supports_json = ["wasm-plugin"]', want: '["wasm-plugin"]' },
  ];
  for (const { name, text, want } of lists) {
    test(`keeps ${name}`, () => {
      const conf = planPodman(FACTS, ['runtime_supports_json = ["before"]', text, '# runtime_supports_json = ["no"]']);
      expect(conf.files[2]?.text).toContain(`\nruntime_supports_json = ${want}\n`);
    });
  }
});

test('planPrecreate() needs a hook and no runtime', () => {
  const { files, next } = planPrecreate(FACTS);
  expect(files.map(({ path }) => path)).toEqual([
    '/usr/local/lib/wasm-plugin/podman/wasm-plugin-precreate',
    '/usr/local/lib/wasm-plugin/podman/hooks.d/wasm-plugin.json',
  ]);
  expect(JSON.parse(files[1]?.text as string)).toEqual({
    version: '1.0.0',
    hook: { path: '/usr/local/lib/wasm-plugin/podman/wasm-plugin-precreate', args: ['wasm-plugin-hook', 'precreate'] },
    when: { always: true },
    stages: ['precreate'],
  });
  expect(next).toEqual(['podman --hooks-dir /usr/local/lib/wasm-plugin/podman/hooks.d run --rm IMAGE COMMAND']);
});

describe('planContainerd()', () => {
  const facts = { ...FACTS, folder: '/p', config: '/etc/containerd/conf.d' };
  test('makes a handler to import where there is no configuration of the plugin', () => {
    const { files, next } = planContainerd(facts, 'version = 2\n');
    expect(files[2]?.text).toBe(`${MARK}
version = 2

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.wasm-plugin]
  runtime_type = "io.containerd.runc.v2"
  pod_annotations = ["wasm-plugin/*"]
  container_annotations = ["wasm-plugin/*"]
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.wasm-plugin.options]
    BinaryName = "/p/wasm-plugin"
`);
    expect(next[0]).toBe('add to the top of /etc/containerd/config.toml: imports = ["/etc/containerd/conf.d/*.toml"]');
  });

  test('says to append where an import would replace what is there', () => {
    const main = '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\n  runtime_type = "x"\n';
    const { files, next } = planContainerd(facts, main);
    expect(files[2]?.text).not.toContain('runtimes.runc]');
    expect(next[0]).toMatch(/^append the tables of /);
  });

  test('knows the third version', () => {
    expect(planContainerd(facts, 'version = 3').files[2]?.text).toContain('"io.containerd.cri.v1.runtime"');
  });
});

describe('the files', () => {
  let base: string;
  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), "wasm-plugin-setup-it's "));
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  test('come and go, with the folders that were made for them', () => {
    const folder = join(base, 'a/b');
    mkdirSync(join(base, 'conf'));
    const { files } = planPodman({ ...FACTS, folder, config: join(base, 'conf') }, []);
    expect(applyFiles(files, folder, true)).toEqual(['written', 'written', 'written']);
    expect(readdirSync(base)).toEqual(['conf']);
    expect(applyFiles(files, folder, false)).toEqual(['written', 'written', 'written']);
    expect(applyFiles(files, folder, false)).toEqual(['unchanged', 'unchanged', 'unchanged']);
    expect(undoFiles(files, folder, false)).toEqual(['removed', 'removed', 'removed']);
    expect(undoFiles(files, folder, false)).toEqual(['absent', 'absent', 'absent']);
    expect(readdirSync(base)).toEqual(['conf']);
  });

  test('stay while another way uses them', () => {
    const folder = join(base, 'both');
    const facts = { ...FACTS, folder, config: join(base, 'conf') };
    applyFiles(planPodman(facts, []).files, folder, false);
    applyFiles(planPrecreate(facts).files, folder, false);
    undoFiles(planPrecreate(facts).files, folder, false);
    expect(readdirSync(folder).sort()).toEqual(['.made-by-setup.json', 'wasm-plugin', 'wasm-plugin-hook']);
    undoFiles(planPodman(facts, []).files, folder, false);
    expect(existsSync(folder)).toBe(false);
  });

  test('are as before when one cannot be written', () => {
    const folder = join(base, 'half');
    writeFileSync(join(base, 'file'), '');
    const { files } = planPodman({ ...FACTS, folder, config: join(base, 'file/conf') }, []);
    expect(() => applyFiles(files, folder, false)).toThrow(/Cannot (?:look at|make the folder)/);
    expect(existsSync(folder)).toBe(false);
  });

  test('are not written over those of others, and none is written then', () => {
    const folder = join(base, 'others');
    mkdirSync(folder);
    writeFileSync(join(folder, 'wasm-plugin-hook'), '#!/bin/sh\n');
    const { files } = planPodman({ ...FACTS, folder, config: join(base, 'conf') }, []);
    expect(() => applyFiles(files, folder, false)).toThrow(/did not write it/);
    expect(() => undoFiles(files, folder, false)).toThrow(/did not write it/);
    expect(readdirSync(folder)).toEqual(['wasm-plugin-hook']);
  });
});

describe('the runtime entry', () => {
  let base: string;
  let entry: string;
  const install = () => {
    mkdirSync(join(base, 'store/plugins'), { recursive: true });
    writeFileSync(join(base, 'store/plugins', `${'0'.repeat(64)}.json`), '{}');
  };
  const read = (name: string) => (existsSync(join(base, name)) ? readFileSync(join(base, name), 'utf8') : '');
  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), "wasm-plugin-entry-it's $HOME "));
    const script = (name: string, body: string) => {
      writeFileSync(join(base, name), `#!/bin/sh\n${body}\n`);
      chmodSync(join(base, name), 0o755);
      return join(base, name);
    };
    const real = script('real', `for a in "$@"; do printf '<%s>' "$a"; done; exit 5`);
    const node = script(
      'node',
      `dir=\${0%/*}; { printf '<%s>' "$@"; } >"$dir/asked"; exec cat "$dir/answer" | { read -r s; exit "$s"; }`,
    );
    const program = [node, '/s'] as const;
    const places = { store: join(base, 'store'), state: join(base, 'state'), folder: base };
    const facts = { ...FACTS, ...places, runtime: real, program };
    const { files } = planPodman({ ...facts, config: join(base, 'conf') }, []);
    applyFiles(files, base, false);
    entry = join(base, 'wasm-plugin');
    install();
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  function call(words: readonly string[], answer = '0') {
    rmSync(join(base, 'asked'), { force: true });
    writeFileSync(join(base, 'answer'), `${answer}\n`);
    // As podman calls it at times: without any environment.
    const { status, stdout } = spawnSync(entry, words, { env: { PATH: '/bin' }, encoding: 'utf8' });
    return { status, stdout, asked: read('asked') !== '' };
  }

  const cases = [
    { name: 'create asks plugins', words: ['--root', '/r', 'create', 'a b'], asked: true },
    { name: 'run asks plugins', words: ['run', '', '$x', '*'], asked: true },
    { name: 'an unknown command asks', words: ['--new-option', 'value', 'create', 'a'], asked: true },
    { name: 'one dash for two, as runc takes it, asks', words: ['-root', 'start', 'create', 'a'], asked: true },
    { name: 'a shortened option, as crun takes it, asks', words: ['--ro', 'delete', 'create', 'a'], asked: true },
    {
      name: 'flags of engines do not',
      words: ['--debug', '--systemd-cgroup', '--rootless=true', 'start', 'a'],
      asked: false,
    },
    { name: 'start does not', words: ['--log', 'create', 'start', 'create'], asked: false },
    { name: 'kill does not', words: ['kill', 'a', '9'], asked: false },
    { name: 'exec in a container without state does not', words: ['exec', '--process', 'p', 'a'], asked: false },
    { name: 'delete does not', words: ['--root=/r', 'delete', '--force', 'a'], asked: false },
    { name: 'a question for the version does not', words: ['--version'], asked: false },
    { name: 'nothing does not', words: [], asked: false },
  ];
  for (const { name, words, asked } of cases) {
    test(`${name}; the real runtime gets the same words`, () => {
      const stdout = words.map((word) => `<${word}>`).join('');
      expect(call(words)).toEqual({ status: 5, stdout, asked });
    });
  }

  test('create asks nobody where no plugin is installed, unless something is left of an earlier container', () => {
    const records = join(base, 'store/plugins');
    const state = join(base, 'state/at//r');
    const create = () => call(['--root', '/r', 'create', 'a']).asked;
    expect(create()).toBe(true);
    rmSync(join(records, `${'0'.repeat(64)}.json`));
    expect(create()).toBe(false);
    mkdirSync(state, { recursive: true });
    writeFileSync(join(state, 'a.json'), '');
    expect(create()).toBe(true);
    rmSync(join(base, 'state'), { recursive: true });
    expect(create()).toBe(false);
    rmSync(records, { recursive: true });
    expect(create()).toBe(false);
    writeFileSync(records, 'a file in its place');
    expect(create()).toBe(true);
    rmSync(join(base, 'store'), { recursive: true });
    expect(create()).toBe(false);
    symlinkSync('/nowhere', join(base, 'store'));
    expect(create()).toBe(true);
    rmSync(join(base, 'store'));
    writeFileSync(join(base, 'store'), '');
    expect(create()).toBe(true);
    rmSync(join(base, 'store'));
    install();
  });

  test('a state is what makes exec ask, and goes with a delete that works', () => {
    const state = join(base, 'state/at//r');
    mkdirSync(state, { recursive: true });
    writeFileSync(join(state, 'a.json'), '');
    expect(call(['--root', '/r', 'exec', '--process', 'p', 'a']).asked).toBe(true);
    expect(call(['exec', '--process', 'p', 'a']).asked).toBe(false);
    expect(call(['--root', '/r', 'delete', 'a']).status).toBe(5);
    expect(existsSync(join(state, 'a.json'))).toBe(true);
    writeFileSync(join(base, 'real'), '#!/bin/sh\nexit 0\n');
    expect(call(['--root', '/r', 'delete', 'a']).status).toBe(0);
    expect(existsSync(join(state, 'a.json'))).toBe(false);
  });

  test('an id that leads elsewhere removes nothing, also if the runtime has no objection', () => {
    writeFileSync(join(base, 'other.json'), '');
    writeFileSync(join(base, 'real'), '#!/bin/sh\nexit 0\n');
    mkdirSync(join(base, 'state/at'), { recursive: true });
    expect(call(['delete', '--force', '../../other']).status).toBe(0);
    expect(existsSync(join(base, 'other.json'))).toBe(true);
  });

  test('plugins that refuse are the end of it', () => {
    expect(call(['create', 'a'], '1')).toEqual({ status: 1, stdout: '', asked: true });
  });

  test('a Node that could not even refuse is reported in its place', () => {
    const log = join(base, 'engine log');
    expect(call(['--log', log, 'create', 'a'], '137')).toEqual({ status: 1, stdout: '', asked: true });
    expect(JSON.parse(readFileSync(log, 'utf8'))).toMatchObject({
      level: 'error',
      msg: expect.stringContaining('Node.js ended with 137'),
    });
  });

  test('descriptors of the engine reach the real runtime, and not the process of the plugins', () => {
    const secret = openSync(join(base, 'descriptor'), 'w');
    const look = (file: string) =>
      `for fd in 3 4 5 6 7 8 9; do readlink /proc/$$/fd/$fd; done >"\${0%/*}/${file}"; exit 0`;
    for (const name of ['node', 'real']) writeFileSync(join(base, name), `#!/bin/sh\n${look(`fds-${name}`)}\n`);
    spawnSync(entry, ['create', 'a'], { stdio: ['ignore', 'ignore', 'ignore', ...Array<number>(7).fill(secret)] });
    closeSync(secret);
    expect(read('fds-real')).toBe(`${join(base, 'descriptor')}\n`.repeat(7));
    expect(read('fds-node')).not.toContain('descriptor');
  });
});
