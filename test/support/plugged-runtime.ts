/** The OCI runtime of ours with two example plugins, for tests that put it under an engine. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildCommand } from './built-command.js';
import { cli } from './cli.js';
import { createPacker } from './cli-package.js';
import { compileExample } from './example-plugin.js';

export interface PluggedCommand {
  /** The program, built of the sources that are tested. */
  readonly command: string;
  readonly store: string;
  /** Run a command of ours on the store. */
  cli(
    ...args: readonly string[]
  ): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;
}

/** Sets the variable SITE, from the flag `site`. */
export const SITE_PLUGIN = 'example.com/site';
/** Limits memory, sets MEMORY_LIMIT_MIB, and binds a file; vetoes the flag `memory-mib` of 0. */
export const LIMIT_PLUGIN = 'example.com/config-plugin';

/** Build the command in `folder`, and install both plugins in a store there. */
export async function installPlugins(folder: string): Promise<PluggedCommand> {
  const store = join(folder, 'store');
  const packages = join(folder, 'packages');
  mkdirSync(packages, { recursive: true });
  const run: PluggedCommand['cli'] = (...args) => cli(args, { cwd: folder, env: { WASM_PLUGIN_STORE: store } });

  const packer = await createPacker(packages);
  const site = packer.pack({
    name: SITE_PLUGIN,
    requests: ['config:env'],
    contributes: { flags: [{ name: 'site', type: 'string', usage: 'site', commands: ['run'] }] },
  });
  const limit = join(packages, 'limit.sif');
  writeFileSync(limit, await compileExample('config-plugin'));
  for (const sif of [site, limit]) {
    const { exitCode, stderr } = await run('install', '--yes', sif);
    if (exitCode !== 0) throw new Error(`Cannot install ${sif}: ${stderr}`);
  }
  return { command: buildCommand(join(folder, 'package')), store, cli: run };
}

/** Write the entry that an engine is given, over a real runtime. */
export function writeEntry(path: string, { command, store }: PluggedCommand, runtime: string): void {
  const ours = [process.execPath, command, 'oci', '--store', store, '--state', `${path}.state`, '--runtime', runtime];
  writeFileSync(
    path,
    `#!/bin/sh
case " $* " in *" create "* | *" exec "*)
(exec ${ours.map((word) => `'${word}'`).join(' ')} -- "$@" </dev/null >&2) || exit $? ;;
esac
exec '${runtime}' "$@"
`,
  );
  chmodSync(path, 0o755);
}
