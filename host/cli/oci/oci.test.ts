/** `oci` with configs that nobody has checked; what it does for real engines is in test/e2e. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { CliIo } from '../io.js';
import { runOci } from './oci.js';

const base = mkdtempSync(join(tmpdir(), 'wasm-plugin-oci-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const state = join(base, 'state');

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
  mkdirSync(join(base, 'store'), { recursive: true, mode: 0o700 });
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
  { name: 'an id that leads elsewhere', id: '../../a', config: '{}', says: 'no runtime takes it' },
];
for (const { name, id, config, says } of bad) {
  test(`refuses ${name}, and says so where the engine reads it`, async () => {
    expect(await create(id, config)).toEqual({ exitCode: 1, says: expect.stringContaining(says) });
  });
}
