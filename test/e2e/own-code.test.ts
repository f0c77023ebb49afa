/** V8's code for the part of the command that engines start: kept in the store, used where it fits, and never in the way. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../host/store/index.js';
import { DIST_COMMAND, isBuilt } from '../support/dist-command.js';
import { aPackage } from '../support/store-packages.js';

const USER = 1000;

describe.skipIf(!isBuilt())('the part of the command that engines start', () => {
  let base: string;
  let code: string;
  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'wasm-plugin-own-code-'));
    chmodSync(base, 0o755);
    const store = openStore({ root: join(base, 'store'), kind: 'custom' });
    await store.install(aPackage('example.com/foo'));
    code = join(store.root, 'code');
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  /** One `create` of a container that no plugin has to do with. */
  function create(options: { readonly uid?: number; readonly node?: readonly string[] } = {}) {
    const bundle = mkdtempSync(join(base, 'bundle-'));
    const state = join(bundle, 'state');
    writeFileSync(join(bundle, 'config.json'), '{}');
    if (options.uid !== undefined) chownSync(bundle, options.uid, options.uid);
    const own = ['--store', join(base, 'store'), '--state', state, '--runtime', '/bin/true', '--hook', '/no/hook'];
    const words = [...(options.node ?? []), DIST_COMMAND, 'oci', ...own, '--', 'create', '--bundle', bundle, 'a'];
    const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', uid: options.uid });
    return { status, stderr };
  }
  const fine = { status: 0, stderr: '' };
  const files = (): string[] => (existsSync(code) ? readdirSync(code).map((name) => join(code, name)) : []);

  test('is ASCII, as it is read', () => {
    expect(readFileSync(join(dirname(DIST_COMMAND), 'oci.js')).findIndex((byte) => byte > 0x7f)).toBe(-1);
  });

  test('is compiled once, and then read', () => {
    expect(create()).toEqual(fine);
    const [file = '', ...others] = files();
    expect(others).toEqual([]);
    expect(statSync(file).size).toBeGreaterThan(200_000);
    const before = statSync(file).ino;
    expect(create()).toEqual(fine);
    expect(files().map((path) => statSync(path).ino)).toEqual([before]);
  });

  test('is compiled again where the file was damaged', () => {
    create();
    const [file = ''] = files();
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length >> 1));
    expect(create()).toEqual(fine);
    expect(statSync(file).size).toBeGreaterThan(200_000);
  });

  test('runs where V8 refuses what was kept, which is then made anew', () => {
    create();
    const [file = ''] = files();
    const whole = readFileSync(file);
    // The digest fits: as if another build of the same version of Node had written it.
    const other = Buffer.from(whole.subarray(32));
    other.fill(0xee, 64 + 4, 64 + 12);
    writeFileSync(file, Buffer.concat([createHash('sha256').update(other).digest(), other]));
    expect(create()).toEqual(fine);
    expect(create()).toEqual(fine);
    expect(statSync(file).size).toBeGreaterThan(200_000);
    const before = statSync(file).ino;
    expect(create()).toEqual(fine);
    expect(statSync(file).ino).toBe(before);
  });

  test('runs with other flags of V8', () => {
    create();
    expect(create({ node: ['--no-opt', '--max-lazy'] })).toEqual(fine);
    expect(create()).toEqual(fine);
  });

  test.skipIf(process.getuid?.() !== 0)('runs for a user who may only read the store', () => {
    spawnSync('chmod', ['-R', 'go+rX', join(base, 'store')]);
    expect(create({ uid: USER })).toEqual(fine);
    expect(files()).toEqual([]);
    create();
    expect(files().map((file) => statSync(file).mode & 0o777)).toEqual([0o644]);
    expect(create({ uid: USER })).toEqual(fine);
  });

  test.skipIf(process.getuid?.() !== 0)('is not taken from a file that others may have written', () => {
    create();
    const [file = ''] = files();
    const planted = 'process.exit(7)';
    writeFileSync(file, planted);
    chmodSync(file, 0o666);
    expect(create()).toEqual(fine);
    mkdirSync(join(base, 'others'));
    chownSync(code, USER, USER);
    expect(create()).toEqual(fine);
  });
});
