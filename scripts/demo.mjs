/**
 * `npm run demo`: the whole way of a plugin, with nothing but Node and this repository.
 *
 * Builds, compiles the example plugins, installs them into a temporary store, shows what a site admin sees, and runs a container
 * that they take part in. Every line that starts with `$` is a command as you would type it. Cleans up after itself.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needDependencies } from './need-dependencies.mjs';

needDependencies();
const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'dist/bin/wasm-plugin.js');
const scratch = mkdtempSync(join(tmpdir(), 'wasm-plugin-demo-'));
const rootfs = join(scratch, 'rootfs');
const env = { ...process.env, WASM_PLUGIN_STORE: join(scratch, 'store'), SLURM_JOB_ID: '4711' };
const colour = process.stdout.isTTY && !process.env.NO_COLOR;

const shell = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
const short = (text) => text.replaceAll(`${scratch}/`, '').replaceAll(root, '');
const bold = (text) => (colour ? `\u001b[1m${text}\u001b[0m` : text);

function say(text) {
  console.log(`\n${bold(`# ${text}`)}`);
}

/** Run a command of the product, as typed, and check how it ends: a demo that fails silently would show nothing. */
function type(args, { exit = 0, stdout = 'inherit' } = {}) {
  const redirect = stdout === 'ignore' ? ' > config.json' : '';
  console.log(bold(`$ wasm-plugin ${args.map((arg) => shell(short(arg))).join(' ')}${redirect}`));
  const { status, error } = spawnSync(process.execPath, [bin, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', stdout, 'inherit'],
  });
  if (error || status !== exit) {
    throw new Error(`wasm-plugin ${args[0]} ended with ${status ?? error}, expected ${exit}`);
  }
}

function node(script, ...args) {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    throw new Error(`${script} failed`);
  }
}

let failed;
try {
  say('Build the host');
  node('scripts/build.mjs');

  say('Compile the example plugins: AssemblyScript -> component -> SIF');
  const plugins = readdirSync(join(root, 'plugins'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const packages = plugins.map(({ name }) => ({ name, sif: join(scratch, `${name}.sif`) }));
  for (const { name, sif } of packages) {
    type(['compile', `plugins/${name}`, '--out', sif]);
  }

  say('Install them: what each asks for is shown, and granted here with --yes');
  for (const { sif } of packages) {
    type(['install', '--yes', sif]);
  }

  say('What is installed, and what one of them may do');
  type(['list']);
  type(['inspect', '--long', 'example.com/config-plugin']);

  say('A command and a flag that a plugin contributed');
  type(['test-cmd', '--upper', 'hello', 'from a plugin']);
  type(['version', '--test', 'hello']);

  say('Settings that the operator makes, checked against the schema of the plugin');
  type(['config', 'example.com/config-plugin', 'memoryMiB=128']);
  type(['config', 'example.com/monitor-plugin', 'tickMs=200', 'failAs=42']);

  say('A root file system of a few commands of this machine');
  const { buildTinyRootfs } = await import(join(root, 'dist/engine/index.js'));
  await buildTinyRootfs(rootfs);
  console.log(readdirSync(join(rootfs, 'bin')).join(' '));

  say('What the plugins would change, without running anything');
  type(['run', '--dry-run', rootfs, 'true'], { stdout: 'ignore' });

  say('A container: config, start, life and exit, with the plugins taking part');
  type([
    'run',
    '--env',
    'NAME=demo',
    rootfs,
    'sh',
    '-c',
    'echo "in the container: $NAME, limit $MEMORY_LIMIT_MIB MiB"; head -n 1 /run/host/os-release; sleep 0.5',
  ]);

  say('A container that fails: the monitor plugin replaces its exit code by 42');
  type(['run', rootfs, 'sh', '-c', 'exit 3'], { exit: 42 });

  say('A plugin that says no');
  type(['run', '--abort', rootfs, 'true'], { exit: 125 });

  say('Switch them all off and take them out');
  type(['disable', '--all']);
  type(['list']);
  type(['uninstall', '--all']);
  type(['list']);
} catch (error) {
  failed = error;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (failed) {
  console.error(`\nThe demo failed: ${failed.message}`);
  process.exit(1);
}
console.log(`\n${bold('# Done.')} Nothing of this is left on the machine. Next: README.md, "A first plugin".`);
