/** What a hostile plugin answers, asks and says, through the whole host: it gets a refusal, and the host goes on. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encode, hooks, type InferInput } from '../../host/abi/index.js';
import { createHost, type LogLine, PluginError } from '../../host/index.js';
import { packPlugin, readPackage } from '../../host/package/index.js';
import { padComponent } from '../../host/package/pad.js';
import { writeSif } from '../../host/sif/index.js';
import { cli } from '../support/cli.js';
import { cpuTimer } from '../support/cpu-time.js';
import { baseConfig, commandCall, dispatcherOver, engine } from '../support/dispatch.js';
import { compileFolder, installed } from '../support/example-plugin.js';
import { type Puppet, packPuppet } from '../support/puppet.js';
import { pluginObjects } from '../support/sif-sample.js';
import { SCORE } from '../support/text-plugin.js';
import { tinyComponent } from '../support/tiny-component.js';

const ENGINE_CONFIG = 'wasm-plugin:hook/engine-config@1.0.0';
const MONITOR = 'wasm-plugin:hook/monitor-container@1.0.0';
/** Of the processor, for one attack. */
const TIME_MS = 10_000;

async function outcome(act: () => Promise<unknown>): Promise<string> {
  const took = cpuTimer();
  try {
    await act();
    return 'ok';
  } catch (error) {
    expect(error).toBeInstanceOf(PluginError);
    const { code, message } = error as PluginError;
    expect(message.length).toBeLessThan(20_000);
    return `${code} ${message}`;
  } finally {
    expect(took()).toBeLessThan(TIME_MS);
  }
}

/** Let a puppet with these grants answer to engine-config. */
async function configured(answer: Uint8Array, grants: readonly string[] = []): Promise<string> {
  const bytes = await packPuppet({ hook: ENGINE_CONFIG, answer, manifest: { requests: grants } });
  const dispatcher = await dispatcherOver([installed(bytes)]);
  try {
    return await outcome(() => dispatcher.engineConfig({ config: baseConfig, engine, flagsOf: () => ({}) }));
  } finally {
    await dispatcher.close();
  }
}

describe('an answer to engine-config', () => {
  type Answer = InferInput<typeof hooks.engineConfig.response>;
  const set = (path: string, value: InferInput<typeof hooks.engineConfig.response>['state']): Answer => ({
    patch: [{ op: 'add', path, value: value ?? null }],
  });
  const deeper = (levels: number): Answer => {
    let value: Answer['state'] = {};
    for (let level = 1; level < levels; level++) value = { a: value };
    return set('/annotations', value);
  };
  const cases: readonly { name: string; answer: Answer; grants?: string[]; want: RegExp }[] = [
    {
      name: 'that puts another root in place of the image',
      answer: set('/root/path', '/'),
      grants: ['config:mounts', 'config:args'],
      want: /^CONFIG_DENIED .*"\/root\/path"/,
    },
    { name: 'that runs another command', answer: { adjustments: { args: ['sh'] } }, want: /^CONFIG_DENIED/ },
    {
      name: 'that adds to the command',
      answer: set('/process/args/-', '--evil'),
      grants: ['config:env'],
      want: /^CONFIG_DENIED .*process\/args/,
    },
    {
      name: 'that mounts over /proc',
      answer: { adjustments: { mounts: [{ action: 'replace', destination: '/proc', source: '/' }] } },
      want: /^CONFIG_DENIED .*mounts\[\/proc\]/,
    },
    {
      name: 'that climbs out in a destination',
      answer: { adjustments: { mounts: [{ action: 'add', destination: '/a/../../etc', source: '/' }] } },
      grants: ['config:mounts'],
      want: /^CONFIG_INVALID .*without "\.\."/,
    },
    {
      name: 'that runs a program on the host',
      answer: { adjustments: { ociHooks: [{ action: 'add', stage: 'poststop', path: '/bin/sh' }] } },
      grants: ['config:mounts', 'config:/linux'],
      want: /^CONFIG_DENIED .*hooks\/poststop/,
    },
    {
      name: 'that does so by patch',
      answer: set('/hooks', { createRuntime: [{ path: '/bin/sh' }] }),
      grants: ['config:/linux'],
      want: /^CONFIG_DENIED .*hooks/,
    },
    {
      name: 'that opens devices by way of resource limits',
      answer: set('/linux/resources', { devices: [{ allow: true, access: 'rwm' }] }),
      grants: ['config:resources'],
      want: /^CONFIG_DENIED .*linux\/resources\/devices/,
    },
    {
      name: 'that shares the pid namespace of the host',
      answer: { adjustments: { namespaces: [{ action: 'replace', type: 'pid', path: '/proc/1/ns/pid' }] } },
      want: /^CONFIG_DENIED/,
    },
    { name: 'that takes a mask away', answer: set('/linux/maskedPaths', []), want: /^CONFIG_DENIED/ },
    {
      name: 'that becomes root',
      answer: { adjustments: { user: { uid: 0, gid: 5 } } },
      grants: ['config:env'],
      want: /^CONFIG_DENIED/,
    },
    {
      name: 'that puts two variables into one',
      answer: { adjustments: { env: [{ action: 'add', name: 'A=1\0B', value: 'x' }] } },
      grants: ['config:env'],
      want: /^CONFIG_INVALID/,
    },
    {
      name: 'that reaches for prototypes',
      answer: set('/__proto__/polluted', true),
      grants: ['config:/linux'],
      want: /^CONFIG_INVALID/,
    },
    {
      name: 'with a prototype as an annotation',
      answer: { adjustments: { annotations: [{ action: 'add', name: '__proto__', value: 'x' }] } },
      grants: ['config:annotations'],
      want: /^CONFIG_INVALID/,
    },
    {
      name: 'with very many adjustments',
      answer: {
        adjustments: {
          env: Array.from({ length: 30_000 }, (_, i) => ({ action: 'add' as const, name: `N${i}`, value: '' })),
        },
      },
      grants: ['config:env'],
      want: /^LIMIT_EXCEEDED/,
    },
    {
      name: 'with a patch that doubles the config',
      answer: {
        patch: Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '/process', path: `/process/n${i}` })),
      },
      want: /^LIMIT_EXCEEDED/,
    },
    {
      name: 'with a patch that is as deep as a message can be',
      answer: deeper(58),
      grants: ['config:annotations'],
      want: /^LIMIT_EXCEEDED/,
    },
    {
      name: 'with a reason to refuse that forges a line',
      answer: { veto: 'no\r\nERROR: \u001b[31mforged' },
      want: /^VETOED [\x20-\x7e]*$/,
    },
  ];
  for (const { name, answer, grants, want } of cases) {
    test(`${name} is refused`, async () => {
      expect(await configured(encode(hooks.engineConfig.response, answer), grants)).toMatch(want);
      expect(baseConfig.process.args).toEqual(['/bin/true']);
    });
  }

  /** `{ state: <value> }` with the value's bytes as given. */
  const withState = (...value: Uint8Array[]): Uint8Array =>
    Buffer.concat([Uint8Array.of(0x81, 0xa5), Buffer.from('state'), ...value]);
  const list = (count: number): Uint8Array =>
    Uint8Array.of(0xdd, ...[24, 16, 8, 0].map((shift) => (count >>> shift) & 0xff));
  const raw: readonly { name: string; answer: Uint8Array; want: RegExp }[] = [
    { name: 'nothing', answer: new Uint8Array(0), want: /^ABI_MALFORMED/ },
    { name: 'a length that is a lie', answer: withState(list(0xffff_ffff)), want: /^ABI_MALFORMED/ },
    {
      name: 'half a million empty maps',
      answer: withState(list(500_000), new Uint8Array(500_000).fill(0x80)),
      want: /^ABI_MALFORMED .*more than 262144 values/,
    },
    {
      name: 'lists a hundred thousand deep',
      answer: withState(new Uint8Array(100_000).fill(0x91), Uint8Array.of(0xc0)),
      want: /^ABI_MALFORMED .*deeper than 64/,
    },
    { name: 'an extension type', answer: withState(Uint8Array.of(0xd4, 1, 0)), want: /^ABI_MALFORMED/ },
    { name: 'text that is not UTF-8', answer: withState(Uint8Array.of(0xa1, 0xff)), want: /^ABI_MALFORMED/ },
  ];
  for (const { name, answer, want } of raw) {
    test(`that is ${name} is refused`, async () => expect(await configured(answer)).toMatch(want));
  }

  test('with as large a state as there is comes back to the plugin and harms nobody', async () => {
    const answer = withState(list(262_000), new Uint8Array(262_000).fill(0x80));
    expect(await configured(answer)).toBe('ok');
  });
});

describe('a monitor', () => {
  for (const exitCode of [-1, 256, 2 ** 40]) {
    test(`that sets the exit code ${exitCode} is told no more, and the container goes on`, async () => {
      const answer = encode(hooks.monitorContainer.response, { exitCode });
      const bytes = await packPuppet({ hook: MONITOR, answer, manifest: { monitor: 'exclusive' } });
      const dispatcher = await dispatcherOver([installed(bytes)]);
      const event = { id: 'c', pid: 1, event: 'started' as const, uptimeMs: 0 };
      const session = dispatcher.monitor();
      expect(await session.tell(event)).toEqual({ signal: undefined, exitCode: undefined, nextTickMs: undefined });
      await session.tell(event);
      expect(dispatcher.lines).toEqual([expect.stringMatching(/exit codes are 0 to 255.*without this monitor/)]);
      await dispatcher.close();
    });
  }

  const ticks = [
    { name: 'all the time is woken ten times a second', asked: 1, want: 100 },
    { name: 'later than a timer can count is woken as late as one can', asked: 2 ** 31, want: 2 ** 31 - 1 },
    { name: 'in the past is not woken', asked: -5, want: undefined },
  ];
  for (const { name, asked, want } of ticks) {
    test(`that asks to be woken ${name}`, async () => {
      const answer = encode(hooks.monitorContainer.response, { nextTickMs: asked });
      const dispatcher = await dispatcherOver([installed(await packPuppet({ hook: MONITOR, answer }))]);
      const { nextTickMs } = await dispatcher.monitor().tell({ id: 'c', pid: 1, event: 'started', uptimeMs: 0 });
      expect(nextTickMs).toBe(want);
      await dispatcher.close();
    });
  }
});

describe('a running plugin', () => {
  const lines: LogLine[] = [];

  async function called(puppet: Puppet): Promise<string> {
    lines.length = 0;
    const host = await createHost({ log: (line) => lines.push(line) });
    try {
      const plugin = await host.load(await packPuppet(puppet));
      return await outcome(() => plugin.callRaw(SCORE, new Uint8Array(4)));
    } finally {
      await host.close();
    }
  }

  /** Calls `$call` again and again with 16 MiB of newlines in a log message. */
  const flood = `(local $i i32)
    (memory.fill (i32.const 70000) (i32.const 10) (i32.const 16000000))
    (memory.copy (i32.const 69975) (i32.const 60000) (i32.const 25))
    (loop $again
      (call $call (i32.const 69975) (i32.const 16000025) (i32.const 2048))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 5))))
    (call $answer (i32.const 0) (i32.const 0) (i32.const 0))`;
  // { level: "info", message: <str 32 of 16,000,000 bytes> }: 25 bytes before the text.
  const message = '\\82\\a5level\\a4info\\a7message\\db\\00\\f4\\24\\00';

  const cases: readonly { name: string; puppet: Puppet; want: RegExp }[] = [
    {
      name: 'whose answer has 17 MiB',
      puppet: {
        parts: {
          memory: '(memory (export "memory") 300)',
          handle: '(call $answer (i32.const 0) (i32.const 0) (i32.const 17825792))',
        },
      },
      want: /^LIMIT_EXCEEDED .*17825792 bytes, the limit is 16777216/,
    },
    {
      name: 'that asks a capability with 17 MiB',
      puppet: {
        parts: {
          memory: '(memory (export "memory") 300)',
          handle: '(call $call (i32.const 0) (i32.const 17825792) (i32.const 2048)) (i32.const 2048)',
        },
      },
      want: /^LIMIT_EXCEEDED/,
    },
    {
      name: 'whose allocator hands out the memory of somebody else',
      puppet: {
        parts: { realloc: '(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const -2))' },
      },
      want: /^GUEST_TRAP .*cabi_realloc answered/,
    },
    {
      name: 'that grows its memory without end',
      puppet: {
        parts: {
          handle: `(loop $again (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
            (if (i32.gt_u (memory.size) (i32.const 1024)) (then unreachable))
            (call $answer (i32.const 0) (i32.const 0) (i32.const 0))`,
        },
      },
      want: /^ok$/,
    },
    {
      name: 'that recurses until the stack is used up',
      puppet: {
        parts: {
          main: '(func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))',
          handle: '(call $deep (i32.const 0))',
        },
      },
      want: /^GUEST_TRAP .*call stack/,
    },
    {
      name: 'that fails with a page of escapes',
      puppet: {
        answer: encode(hooks.engineConfig.response, {}),
        failing: true,
      },
      want: /^ABI_MALFORMED/,
    },
  ];
  for (const { name, puppet, want } of cases) {
    test(name, async () => expect(await called(puppet)).toMatch(want));
  }

  test('that logs 80 MB of newlines in one call writes no more than its budget', async () => {
    const parts = {
      memory: `(memory (export "memory") 260) (data (i32.const 60000) "${message}")`,
      realloc: '(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))',
      handle: flood,
    };
    expect(await called({ parts })).toBe('ok');
    expect(lines.length).toBe(64 * 1024 + 1);
    expect(lines.at(-1)?.text).toMatch(/^log cut/);
  });

  test('that fails with a message of a megabyte is quoted in part', async () => {
    const long = new TextEncoder().encode('\u001b'.repeat(70_000));
    const answer = Buffer.concat([
      Uint8Array.of(0x82, 0xa4, ...Buffer.from('code'), 0xa1, 0x78, 0xa7, ...Buffer.from('message')),
      Uint8Array.of(0xdb, 0, 1, 0x11, 0x70),
      long,
    ]);
    const host = await createHost();
    const plugin = await host.load(await packPuppet({ answer, failing: true }));
    const error = await plugin.callRaw(SCORE, new Uint8Array(0)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'GUEST_ERROR' });
    expect((error as PluginError).message).toMatch(/^[\x20-\x7e…]*$/);
    expect((error as PluginError).message.length).toBeLessThan(60_000);
    await host.close();
  });
});

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-hostile-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a file in place of a package', () => {
  test('that is a FIFO is refused without waiting for a writer', async () => {
    const path = join(folder, 'fifo');
    spawnSync('mkfifo', [path]);
    const host = await createHost();
    expect(await outcome(() => host.load(path))).toMatch(/^IO_FAILED .*not a regular file/);
    await host.close();
    const { stderr } = await cli(['install', '--yes', path], {
      cwd: folder,
      env: { WASM_PLUGIN_STORE: join(folder, 'fifo-store') },
    });
    expect(stderr).toContain('it is not a regular file');
  });

  const names = [
    'wasi:evil/\u001b[2J@0.2.0',
    'wasm-plugin:hook/\u001b]0;title\u0007@1.0.0',
    'wasm-plugin:hook/a\nERROR: forged@1.0.0',
    'wasm-plugin:hook/\u202egnp.exe@1.0.0',
  ];
  for (const name of names) {
    test(`with an interface named ${JSON.stringify(name)} prints nothing that moves a cursor`, async () => {
      const path = join(folder, 'named.sif');
      const component = padComponent(tinyComponent({ imports: [name], exports: [name] }));
      const objects = pluginObjects().map((object) =>
        object.name === 'plugin.wasm' ? { ...object, data: component } : object,
      );
      writeFileSync(path, writeSif(objects));
      for (const args of [
        ['inspect', '--long'],
        ['inspect', '--json'],
        ['install', '--yes'],
      ]) {
        const { stdout, stderr } = await cli([...args, path], {
          cwd: folder,
          env: { WASM_PLUGIN_STORE: join(folder, 'named') },
        });
        expect(stdout + stderr).toMatch(/^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$/);
        expect(stdout + stderr).not.toMatch(/^ERROR: forged/m);
      }
    });
  }
});

test('a container that a command asks for gets only what was requested as well as granted', async () => {
  const answer = encode(hooks.command.response, { run: { image: 'img', command: [], options: { bind: ['/'] } } });
  const bytes = await packPuppet({ hook: 'wasm-plugin:hook/command@1.0.0', answer, manifest: { requests: ['kv'] } });
  const entry = installed(bytes, { grants: ['kv', 'config:mounts'] });
  const dispatcher = await dispatcherOver([entry]);
  expect((await dispatcher.contributed(entry, commandCall('x'))).grants).toEqual(['kv']);
  await dispatcher.close();
});

describe('a plugin with config:args', () => {
  test('cannot put the root of the host in place of the image', async () => {
    const { component, manifest } = readPackage(
      await compileFolder(fileURLToPath(new URL('../programs/as-many', import.meta.url))),
    );
    const phases = [{ command: 'run', phases: ['before' as const] }];
    const contributes = { commands: [], flags: [], phases };
    const file = join(folder, 'p.sif');
    writeFileSync(file, packPlugin({ component, manifest: { ...manifest, requests: ['config:args'], contributes } }));
    mkdirSync(join(folder, 'rootfs'));
    const options = { cwd: folder, env: { WASM_PLUGIN_STORE: join(folder, 'store') } };
    const steps = [
      ['install', '--yes', file],
      ['config', manifest.name, 'do=args', 'what=/'],
    ];
    for (const step of steps) {
      const { exitCode, stderr } = await cli(step, options);
      expect(exitCode, stderr).toBe(0);
    }
    const { exitCode, stdout, stderr } = await cli(['run', '--dry-run', './rootfs', 'true'], options);
    expect(stderr).toContain('a plugin put the image "/" in place of "./rootfs"');
    expect(stdout).toBe('');
    expect(exitCode).toBe(125);
  });
});
