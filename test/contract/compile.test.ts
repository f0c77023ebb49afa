/** What `compile` and `create` do with an author's folder, good and bad. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { decode, encode, hooks } from '../../host/abi/index.js';
import { compileProject, createProject } from '../../host/compile/index.js';
import { PluginError } from '../../host/errors/index.js';
import { readPackage } from '../../host/package/index.js';
import { openGuest } from '../support/sandbox-guest.js';

const root = mkdtempSync(join(tmpdir(), 'wasm-plugin-compile-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const MANIFEST = { name: 'example.com/x', author: 'a', version: '1.0.0', description: 'd' };

let count = 0;
function project(files: Readonly<Record<string, string | object>>): string {
  const dir = join(root, `project-${++count}`);
  for (const [path, content] of Object.entries({ 'plugin.json': MANIFEST, ...files })) {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return dir;
}

async function failureOf(work: Promise<unknown>): Promise<PluginError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PluginError);
  return error as PluginError;
}

const ENTRY = 'assembly/index.ts';

describe('compileProject() explains', () => {
  const cases: readonly {
    readonly name: string;
    readonly files: Readonly<Record<string, string | object>>;
    readonly code?: string;
    readonly want: readonly string[];
  }[] = [
    {
      name: 'a type error with file, line, column and the line itself',
      files: { [ENTRY]: 'export function lifecycle(): void {\n  const n: i32 = "text";\n}\n' },
      want: ['assembly/index.ts:2:18: ', '      const n: i32 = "text";\n                     ^^^^^^'],
    },
    {
      name: 'a syntax error',
      files: { [ENTRY]: 'export function lifecycle(): void {\n  let = ;\n}\n' },
      want: ['assembly/index.ts:2:'],
    },
    {
      name: 'a missing import',
      files: { [ENTRY]: 'import { a } from "./nowhere";\nexport function lifecycle(): void { a(); }\n' },
      want: ['assembly/index.ts:1:19: ', 'nowhere'],
    },
    {
      name: 'an entry without hooks',
      files: { [ENTRY]: 'export function hello(): void {}\n' },
      want: ['exports no hook'],
    },
    {
      name: 'every mistake with hooks at once',
      files: {
        [ENTRY]: [
          'import { Value } from "@wasm-plugin/assemblyscript";',
          '@hook("acme:a/a@1.0.0") function hidden(): void {}',
          '@hook("acme:a/b") export function noVersion(): void {}',
          '@hook("acme:a/c@1.0.0") export function one(): void {}',
          '@hook("acme:a/c@1.0.0") export function two(): void {}',
          '@hook("acme:a/d@1.0.0") export function wrongType(a: string): Value { return Value.nil(); }',
          '@hook("acme:a/e@1.0.0") export function tooMany(a: Value, b: Value): void {}',
          'export function command(request: Value): void {}',
        ].join('\n'),
      },
      want: [
        'index.ts:2:1: A hook must be exported',
        'index.ts:3:1: A hook needs its full interface id',
        'index.ts:5:41: Two functions are exported for hook acme:a/c@1.0.0',
        'index.ts:6:54: The parameter of an embedder',
        'index.ts:7:41: A hook takes one parameter',
        'index.ts:8:17: Hook "command" is a function (request: CommandRequest): CommandResponse',
      ],
    },
    {
      name: 'an import that no host has',
      files: {
        [ENTRY]: '@external("env", "now") declare function now(): f64;\nexport function lifecycle(): void { now(); }\n',
      },
      want: ['imports "env.now"'],
    },
    {
      name: 'a configuration that is not JSON',
      files: { [ENTRY]: 'export function lifecycle(): void {}', 'asconfig.json': '{' },
      want: ['asconfig.json', 'not JSON'],
    },
    {
      name: 'a configuration that extends nothing',
      files: { [ENTRY]: 'export function lifecycle(): void {}', 'asconfig.json': { extends: 'nowhere/asconfig.json' } },
      want: ['nowhere/asconfig.json'],
    },
    { name: 'a folder in another language', files: { 'main.rs': '' }, want: ['no known language'] },
    {
      name: 'a wrong manifest, before compiling',
      files: { [ENTRY]: 'syntax error', 'plugin.json': { ...MANIFEST, version: '1' } },
      code: 'MANIFEST_INVALID',
      want: ['version'],
    },
  ];
  for (const { name, files, code = 'COMPILE_FAILED', want } of cases) {
    test(name, async () => {
      const dir = project(files);
      const error = await failureOf(compileProject(dir));
      expect(error.code).toBe(code);
      for (const text of want) {
        expect(error.message).toContain(text);
      }
      expect(readdirSync(dir).filter((file) => file.includes('sif'))).toEqual([]);
    });
  }

  test('a folder without plugin.json', async () => {
    const error = await failureOf(compileProject(join(root, 'nowhere')));
    expect(error).toMatchObject({ code: 'COMPILE_FAILED', message: expect.stringContaining('no plugin.json') });
  });

  test('an output that is a folder, and leaves it alone', async () => {
    const dir = project({ [ENTRY]: 'export function lifecycle(): void {}', 'out/precious': 'x' });
    const error = await failureOf(compileProject(dir, { out: join(dir, 'out') }));
    expect(error.code).toBe('IO_FAILED');
    expect(readFileSync(join(dir, 'out/precious'), 'utf8')).toBe('x');
  });

  test('an unknown option as misuse', async () => {
    await expect(compileProject(root, { output: 'x' } as never)).rejects.toThrow(TypeError);
  });
});

test('warns of an exported function whose name is nearly a hook', async () => {
  const source = [
    'import { CommandRequest } from "@wasm-plugin/assemblyscript";',
    'export function lifecycle(): void {}',
    'export function comand(request: CommandRequest): void {}',
  ].join('\n');
  const warnings: string[] = [];
  await compileProject(project({ [ENTRY]: source }), { onWarning: (text) => warnings.push(text) });
  expect(warnings.join('\n')).toMatch(/^assembly\/index\.ts:3:17: "comand" is no hook .* is "command"/);
});

test('says what to rename where no other function is a hook', async () => {
  const source =
    'import { CommandRequest } from "@wasm-plugin/assemblyscript";\nexport function cmd(request: CommandRequest): void {}\n';
  await expect(compileProject(project({ [ENTRY]: source }))).rejects.toMatchObject({
    code: 'COMPILE_FAILED',
    hint: 'Rename cmd to command.',
  });
});

test('a name tells more than a parameter, which may be copied or left out', async () => {
  const source = [
    'import { CommandRequest } from "@wasm-plugin/assemblyscript";',
    'export function engineconfig(request: CommandRequest): void {}',
    'export function post_start_process(): void {}',
  ].join('\n');
  await expect(compileProject(project({ [ENTRY]: source }))).rejects.toMatchObject({
    hint: 'Rename engineconfig to engineConfig, post_start_process to postStartProcess.',
  });
});

test("the examples in the SDK's README compile together", async () => {
  const readme = readFileSync(join(import.meta.dirname, '../../guest-sdk/assemblyscript/README.md'), 'utf8');
  const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, source = '']) => source);
  expect(examples.length).toBeGreaterThan(3);
  const files = Object.fromEntries(examples.map((source, index) => [`assembly/example${index}.ts`, source]));
  const entry = examples.map((_, index) => `export * from "./example${index}";`).join('\n');
  const { bytes } = await compileProject(project({ ...files, [ENTRY]: entry }));
  expect(readPackage(bytes).imports).toContain('acme:db/query@1.0.0');
  expect([...readPackage(bytes).hooks].sort()).toEqual([
    'acme:db/report@1.0.0',
    'acme:score/score@1.0.0',
    'wasm-plugin:hook/command@1.0.0',
    'wasm-plugin:hook/engine-config@1.0.0',
    'wasm-plugin:hook/lifecycle@1.0.0',
    'wasm-plugin:hook/monitor-container@1.0.0',
    'wasm-plugin:hook/post-start-process@1.0.0',
  ]);
});

describe('createProject()', () => {
  test('makes a project that compiles as it is, by default into the folder, and answers', async () => {
    const dir = join(root, 'made', 'here');
    const { files } = await createProject(dir, 'example.com/say-hello');
    expect(files).toContain('.gitignore');
    const warnings: string[] = [];
    const { path, bytes, manifest } = await compileProject(dir, { onWarning: (text) => warnings.push(text) });
    expect(path).toBe(join(dir, 'here.sif'));
    expect(warnings).toEqual([]);
    expect(manifest).toMatchObject({
      name: 'example.com/say-hello',
      contributes: { commands: [{ path: 'say-hello' }] },
    });

    const { instance } = await openGuest(readPackage(bytes).component);
    const request = encode(hooks.command.request, {
      context: { hostVersion: '1.0.0', pluginVersion: '1.0.0' },
      phase: 'run',
      path: 'say-hello',
      args: ['Ada'],
      cwd: '/',
      user: { uid: 0, gid: 0 },
    });
    const answer = instance.call(hooks.command.id, request);
    expect(decode(hooks.command.response, answer.payload).stdout).toBe('Hello, Ada!\n');
  });

  test('touches nothing where one of its files is already', async () => {
    const dir = project({ 'README.md': 'mine' });
    expect((await failureOf(createProject(dir, 'example.com/x'))).code).toBe('IO_FAILED');
    expect(readdirSync(dir).sort()).toEqual(['README.md', 'plugin.json']);
    expect(readFileSync(join(dir, 'README.md'), 'utf8')).toBe('mine');
  });

  test('fills a folder that has other files', async () => {
    const dir = join(root, 'with-git');
    mkdirSync(join(dir, '.git'), { recursive: true });
    await createProject(dir, 'x');
    expect(readdirSync(dir)).toContain('plugin.json');
  });

  const refused = [
    { name: 'a name that is none', plugin: '../x', lang: undefined, want: 'NAME_INVALID' },
    { name: 'a language without a template', plugin: 'x', lang: 'cobol', want: 'COMPILE_FAILED' },
  ];
  for (const { name, plugin, lang, want } of refused) {
    test(`refuses ${name}`, async () => {
      const dir = join(root, 'refused');
      expect((await failureOf(createProject(dir, plugin, { lang }))).code).toBe(want);
      expect(() => readdirSync(dir)).toThrow('ENOENT');
    });
  }
});
