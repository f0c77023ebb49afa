/** `run` of an image that only a plugin knows: a tar archive. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs, defaultRunBase, probeEngines } from '../../host/engine/index.js';
import { cli as runCli } from '../support/cli.js';
import { compileExample } from '../support/example-plugin.js';
import { needs } from '../support/need.js';

const [builtin] = probeEngines();
const usable = builtin?.usable === true && needs('tar');

const root = mkdtempSync(join(tmpdir(), 'wasm-plugin-run-tar-'));
const image = join(root, 'image.tar.gz');
/** Its own, since the folders of other tests come and go. */
const runtimeDir = join(root, 'xdg');
mkdirSync(runtimeDir, { mode: 0o700 });
const options = {
  cwd: root,
  env: { XDG_RUNTIME_DIR: runtimeDir, WASM_PLUGIN_STORE: join(root, 'store'), WASM_PLUGIN_ENGINE: 'builtin' },
};
const cli = (...args: string[]) => runCli(args, options);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Folders of images that are unpacked now. */
function unpackedNow(): string[] {
  const base = defaultRunBase(runtimeDir, tmpdir(), process.getuid?.() ?? 0);
  return existsSync(base) ? readdirSync(base).filter((name) => name.startsWith('image-')) : [];
}

describe.skipIf(!usable)('run of a tar archive', () => {
  beforeAll(async () => {
    const tree = join(root, 'tree');
    mkdirSync(tree);
    buildTinyRootfs(tree);
    writeFileSync(join(tree, 'etc/greeting'), 'from the archive\n');
    execFileSync('tar', ['-C', tree, '-czf', image, '.']);
    writeFileSync(join(root, 'driver.sif'), await compileExample('tar-image-driver'));
  });

  test('without a driver it is of no kind that can be run', async () => {
    const { exitCode, stderr } = await cli('run', 'image.tar.gz', 'true');
    expect(exitCode).toBe(125);
    expect(stderr).toContain('it is a file of no kind that can be run');
  });

  test('with one the container runs, and nothing stays', async () => {
    expect((await cli('install', '--yes', 'driver.sif')).exitCode).toBe(0);
    const result = await cli('run', 'image.tar.gz', 'cat', '/etc/greeting');
    expect(result).toMatchObject({ exitCode: 0, stdout: 'from the archive\n' });
    expect(unpackedNow()).toEqual([]);
  });

  test('a dry run asks nobody and shows the archive itself', async () => {
    const { exitCode, stdout } = await cli('run', '--dry-run', 'image.tar.gz', 'true');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).root.path).toBe(image);
  });

  test('a broken archive is refused with the driver’s words, and nothing stays', async () => {
    const plain = join(root, 'cut.tar');
    execFileSync('tar', ['-C', join(root, 'tree'), '-cf', plain, '.']);
    truncateSync(plain, 5120);
    const { exitCode, stderr } = await cli('run', 'cut.tar', 'true');
    expect(exitCode).toBe(125);
    expect(stderr).toMatch(/"example.com\/tar-image-driver".*the archive ends/s);
    expect(unpackedNow()).toEqual([]);
  });

  test('what no driver claims is refused as without one', async () => {
    writeFileSync(join(root, 'text'), 'hello '.repeat(1000));
    const { exitCode, stderr } = await cli('run', 'text', 'true');
    expect(exitCode).toBe(125);
    expect(stderr).toContain('it is a file of no kind that can be run');
  });
});
