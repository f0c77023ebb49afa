/**
 * What a container's creation takes in the process that an engine starts for it, without the start of Node.
 *
 * argv: `load` or `create`, dist/bin/oci.js, a store, a config.json, a folder for a bundle and for state. Prints milliseconds: of
 * loading the file as the command does it, or of all that it does after that for one `create` of a bundle with that config.
 */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { CliIo } from '../../host/cli/index.js';
import { requireKept } from '../../host/cli/own-code.js';

const [what, script = '', store = '', config = '', folder = ''] = process.argv.slice(2);
const bundle = join(folder, 'bundle');
const edited = join(bundle, 'config.json');
mkdirSync(bundle, { recursive: true });
copyFileSync(config, edited);

const require = createRequire(import.meta.url);
const beforeLoad = performance.now();
const { runEngineCommand } = requireKept(require, script, store) as {
  runEngineCommand(argv: readonly string[], io: CliIo): Promise<number>;
};
const loaded = performance.now();
const own = ['--store', store, '--state', join(folder, 'state'), '--runtime', '/usr/bin/crun'];
const exitCode = await runEngineCommand(['oci', ...own, '--', 'create', '--bundle', bundle, 'bench'], ioOf());
const done = performance.now();
const hooks = Number(store.slice(store.lastIndexOf('-') + 1));
if (exitCode !== 0 || readFileSync(edited, 'utf8').split('BENCH_').length - 1 !== hooks) {
  throw new Error(`create ended with ${exitCode}:\n${readFileSync(edited, 'utf8')}`);
}
process.stdout.write(String(what === 'load' ? loaded - beforeLoad : done - loaded));

function ioOf(): CliIo {
  const output = { write: (text: string | Uint8Array) => void process.stderr.write(text), isTty: false, columns: 80 };
  return {
    stdout: output,
    stderr: output,
    stdin: { isTty: false, readLine: async () => undefined, readAll: async () => new Uint8Array() },
    env: process.env,
    cwd: bundle,
    user: { uid: 0, gid: 0, name: 'root', home: folder },
    program: [process.execPath, script],
    inheritsStdio: false,
    onSignal: () => () => undefined,
  };
}
