/** `oci` with configs that nobody has checked; what it does for real engines is in test/e2e. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../../../test/support/cli.js';
import { packPuppet } from '../../../test/support/puppet.js';
import { encode, hooks } from '../../abi/index.js';
import type { CliIo } from '../io.js';
import { runOci } from './oci.js';

const base = mkdtempSync(join(tmpdir(), 'wasm-plugin-oci-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const state = join(base, 'state');

/** One plugin that hears of containers, and edits none. */
beforeAll(async () => {
  const answer = encode(hooks.monitorContainer.response, {});
  writeFileSync(join(base, 'monitor.sif'), await packPuppet({ hook: hooks.monitorContainer.id, answer }));
  const env = { WASM_PLUGIN_STORE: join(base, 'store') };
  expect(await cli(['install', '--yes', join(base, 'monitor.sif')], { cwd: base, env })).toMatchObject({ exitCode: 0 });
});

const printed: string[] = [];
const output = { write: (chunk: string | Uint8Array) => void printed.push(`${chunk}`), isTty: false, columns: 80 };
const uid = process.getuid?.() ?? 0;
const IO: CliIo = {
  stdout: output,
  stderr: output,
  stdin: { isTty: false, readLine: async () => undefined, readAll: async () => new Uint8Array() },
  env: {},
  cwd: base,
  user: { uid, gid: uid, name: 'me', home: base },
  program: ['/no/node', '/no/script'],
  inheritsStdio: false,
  onSignal: () => () => undefined,
};

async function create(id: string, config: string) {
  const bundle = mkdtempSync(join(base, 'bundle-'));
  const log = join(bundle, 'log.json');
  writeFileSync(join(bundle, 'config.json'), config);
  const own = ['--store', join(base, 'store'), '--state', state, '--runtime', '/bin/false', '--hook', '/no/hook'];
  const words = ['--log', log, '--log-format', 'json', 'create', '--bundle', bundle, id];
  const exitCode = await runOci([...own, '--', ...words], IO);
  expect(printed).toEqual([]);
  return { exitCode, says: existsSync(log) ? (JSON.parse(readFileSync(log, 'utf8')) as { msg: string }).msg : '' };
}

test('a sandbox is left alone, and that is told', async () => {
  const config = '{"annotations":{"io.kubernetes.cri.container-type":"sandbox"}}';
  expect(await create('pause', config)).toEqual({ exitCode: 0, says: '' });
  expect(readFileSync(join(state, 'oci.log'), 'utf8')).toMatch(/Z pause INFO: +left alone: .* sandbox of a pod\n$/);
});

const bad = [
  { name: 'no object', id: 'a', config: '7', says: 'it is not an object' },
  { name: 'null', id: 'a', config: 'null', says: 'it is not an object' },
  { name: 'no JSON', id: 'a', config: '{"a":', says: 'it is not JSON' },
  {
    name: 'a key twice',
    id: 'a',
    config: '{"process":{"args":[],"args":[]}}',
    says: 'an object in it has a key twice',
  },
  {
    name: 'a million levels, also where no plugin edits configs',
    id: 'a',
    config: `{"x":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`,
    says: 'wasm-plugin: Cannot tell plugins of the config: it has more than 48 levels',
  },
  {
    name: 'a file larger than any config',
    id: 'a',
    config: ' '.repeat(8 * 1024 * 1024 + 1),
    says: 'the limit is 8388608',
  },
  { name: 'an id that leads elsewhere', id: '../../a', config: '{}', says: 'no runtime takes it' },
];
for (const { name, id, config, says } of bad) {
  test(`refuses ${name}, and says so where the engine reads it`, async () => {
    expect(await create(id, config)).toEqual({ exitCode: 1, says: expect.stringContaining(says) });
  });
}

test('numbers of 64 bits, halves of surrogate pairs and keys of any name reach the runtime as they were', async () => {
  const odd = String.raw`"x":[18446744073709551615,9007199254740993,"\ud800"],"__proto__":{"a":1}`;
  const bundle = mkdtempSync(join(base, 'bundle-'));
  writeFileSync(join(bundle, 'config.json'), `{${odd}}`);
  const own = ['--store', join(base, 'store'), '--state', state, '--runtime', '/bin/false', '--hook', '/no/hook'];
  expect(await runOci([...own, '--', 'create', '--bundle', bundle, 'odd'], IO)).toBe(0);
  const hook = (stage: string) => `[{"path":"/no/hook","args":["wasm-plugin-hook","${stage}","STATE"]}]`;
  const written = readFileSync(join(bundle, 'config.json'), 'utf8').replaceAll(/"[^"]*odd[^"]*"/g, '"STATE"');
  expect(written).toBe(`{${odd},"hooks":{"poststart":${hook('poststart')},"poststop":${hook('poststop')}}}`);
});
