/** Mistakes of people who know other tools, or no tool: what is wrong, what to do, and nothing done. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs, probeEngines } from '../../host/engine/index.js';
import { cli as runCli } from '../support/cli.js';

const root = mkdtempSync(join(tmpdir(), 'wasm-plugin-wrong-usage-'));
const env = { WASM_PLUGIN_STORE: join(root, 'store'), XDG_RUNTIME_DIR: join(root, 'runtime') };
beforeAll(() => {
  for (const name of ['image', 'store', 'runtime']) mkdirSync(join(root, name));
  buildTinyRootfs(join(root, 'image'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const cli = (words: readonly string[]) => runCli(words, { cwd: root, env });

const LONG = 'x'.repeat(101);
const cases: { words: string[]; exitCode: number; says: string[] }[] = [
  { words: ['run'], exitCode: 2, says: ["missing required argument 'IMAGE'"] },
  { words: ['run', ''], exitCode: 2, says: ['IMAGE is empty'] },
  {
    words: ['run', 'ubuntu:22.04'],
    exitCode: 125,
    says: ['no such file or folder', 'docker://ubuntu:22.04 oci:image'],
  },
  {
    words: ['run', 'docker://a.io/b/c@sha256'],
    exitCode: 125,
    says: ['skopeo copy docker://a.io/b/c@sha256 oci:image'],
  },
  { words: ['run', 'oci:misspelt'], exitCode: 125, says: ['An image is a folder'] },
  { words: ['run', 'misspelt'], exitCode: 125, says: ['no such file or folder', 'An image is a folder'] },
  { words: ['run', 'x:$(id)'], exitCode: 125, says: ['no such file or folder', 'An image is a folder'] },
  { words: ['run', '-v', '/etc:/x', 'image'], exitCode: 125, says: ['--bind SRC[:DST[:ro]]'] },
  { words: ['run', '--user', 'nobody', 'image'], exitCode: 125, says: ['value of --user?'] },
  { words: ['run', '--rm', 'image'], exitCode: 2, says: ["unknown option '--rm'", 'Leave it out'] },
  { words: ['run', '--publish=8080:80', 'image'], exitCode: 2, says: ['open there'] },
  { words: ['run', '-p', '8080:80', 'image'], exitCode: 2, says: ['open there'] },
  { words: ['run', '--memory', '1g', 'image'], exitCode: 2, says: ['linux.resources'] },
  { words: ['run', '--workdir', '/', 'image'], exitCode: 2, says: ['Write --pwd DIR'] },
  { words: ['run', '--hostnam', 'x', 'image'], exitCode: 2, says: ['Did you mean --hostname?'] },
  { words: ['run', '--engine', 'docker', 'image'], exitCode: 125, says: ['there is none of this name', 'Here are: '] },
  { words: ['run', '--engine', 'podman', 'image'], exitCode: 125, says: ['wasm-plugin setup podman. Here are: '] },
  { words: ['run', '--engine=', 'image'], exitCode: 2, says: ['--engine is empty'] },
  { words: ['run', '--hostname', '', 'image'], exitCode: 2, says: ['--hostname is empty'] },
  { words: ['run', '--hostname', 'a b', 'image'], exitCode: 125, says: ['hostname must be a host name'] },
  { words: ['run', '--pwd', 'tmp', 'image'], exitCode: 2, says: ['--pwd "tmp" is not an absolute path'] },
  {
    words: ['run', '--name', 'a b', 'image'],
    exitCode: 125,
    says: ['the container id "a b"', 'a letter or digit, then'],
  },
  { words: ['run', '--detach', '--name', LONG, 'image'], exitCode: 125, says: ['a letter or digit, then'] },
  { words: ['run', '--name', '', 'image'], exitCode: 2, says: ['--name is empty'] },
  { words: ['run', '--json', 'image', 'true'], exitCode: 2, says: ['--dry-run was not given'] },
  { words: ['run', '--detach', '--dry-run', 'image'], exitCode: 2, says: ['--dry-run starts nothing'] },
  { words: ['run', '--bind', '/a:b', 'image'], exitCode: 2, says: ['"b" is not an absolute path', 'SRC[:DST[:ro]]'] },
  { words: ['ps', 'web'], exitCode: 2, says: ['too many arguments'] },
  { words: ['ps', '--filter', 'x'], exitCode: 2, says: ['wasm-plugin ps --json'] },
  { words: ['stop'], exitCode: 2, says: ["missing required argument 'NAME'"] },
  { words: ['stop', '--all'], exitCode: 2, says: ['Name them'] },
  { words: ['stop', '-t', '-1', 'web'], exitCode: 2, says: ['not a number of seconds from 0 to 86400'] },
  { words: ['stop', '../web'], exitCode: 1, says: ['There is no detached container "../web"', 'ps --all'] },
  { words: ['logs', '-f', 'web'], exitCode: 1, says: ['There is no detached container "web"'] },
  { words: ['logs', '--tail', '5', 'web'], exitCode: 2, says: ['Pipe it'] },
  { words: ['cleanup', 'web'], exitCode: 2, says: ['too many arguments'] },
  { words: ['cleanup', '--force'], exitCode: 2, says: ['wasm-plugin stop NAME'] },
  { words: ['install', 'https://example.com/x.sif'], exitCode: 1, says: ['no such file', 'Nothing is fetched'] },
  { words: ['setup'], exitCode: 2, says: ["missing required argument 'ENGINE'"] },
  { words: ['setup', 'docker'], exitCode: 2, says: ['none of podman, containerd'] },
  { words: ['setup', 'podman', '--runtime', 'nosuch'], exitCode: 1, says: ['There is no "nosuch" in', '--runtime'] },
  { words: ['setup', 'podman', '--runtime', '/etc'], exitCode: 1, says: ['"/etc" is no program'] },
  { words: ['setup', 'podman', '--runtime', '/bin/sh', '--dir', ''], exitCode: 2, says: ['--dir is empty'] },
  {
    words: ['setup', 'podman', '--runtime', '/bin/sh', '--dir', '/proc/x', '--config-dir', 'c'],
    exitCode: 1,
    says: ['cannot make the folder "/proc/x"'],
  },
  { words: ['kill', 'web'], exitCode: 2, says: ["unknown command 'kill'", 'wasm-plugin stop NAME'] },
  { words: ['exec', 'web', 'sh'], exitCode: 2, says: ['no way into a running container'] },
  { words: ['pull', 'ubuntu'], exitCode: 2, says: ['does not have it yet'] },
  { words: ['help', 'nosuch'], exitCode: 2, says: ["unknown command 'nosuch'"] },
  { words: ['help', 'instal'], exitCode: 2, says: ['Did you mean install?'] },
  { words: ['oci'], exitCode: 2, says: ['Not for typing'] },
  { words: ['supervise'], exitCode: 2, says: ['Not for typing'] },
];
for (const { words, exitCode, says } of cases) {
  test(`wasm-plugin ${words.map((word) => word || "''").join(' ')}`, async () => {
    const result = await cli(words);
    expect([result.exitCode, result.stdout], result.stderr).toEqual([exitCode, '']);
    for (const text of says) expect(result.stderr).toContain(text);
    expect(result.stderr).not.toContain('Internal error');
    expect(readdirSync(root).sort()).toEqual(['image', 'runtime', 'store']);
    expect(readdirSync(join(root, 'runtime'))).toEqual([]);
  });
}

for (const words of [
  ['oci', '--help'],
  ['oci-hook', '-h'],
  ['supervise', '--help'],
  ['help', 'oci'],
]) {
  test(`wasm-plugin ${words.join(' ')} says what it is for`, async () => {
    expect(await cli(words)).toMatchObject({
      exitCode: 0,
      stderr: '',
      stdout: expect.stringContaining('Not for typing'),
    });
  });
}

describe.skipIf(probeEngines()[0]?.usable !== true)('an option behind the image', () => {
  for (const option of ['--bind', '-it', '--']) {
    test(`is taken for the command, and told so: ${option}`, async () => {
      const { exitCode, stderr } = await cli(['run', 'image', option, 'true']);
      expect(exitCode).toBe(127);
      expect(stderr).toContain('HINT:    Options of run stand before IMAGE');
    });
  }
});
