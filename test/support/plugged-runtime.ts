/** The OCI runtime of ours with two example plugins, for tests that put it under an engine. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOOLS_PATH } from '../../host/engine/common/index.js';
import { buildCommand } from './built-command.js';
import { cli } from './cli.js';
import { createPacker } from './cli-package.js';
import { compileExample } from './example-plugin.js';

export interface PluggedCommand {
  /** The program, built of the sources that are tested. */
  readonly command: string;
  readonly store: string;
  /** Paths of both plugins' packages. */
  readonly packages: readonly string[];
  /** Run a command of ours on the store. */
  cli(
    ...args: readonly string[]
  ): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;
}

/** Sets the variable SITE, from the flag `site`; with the setting `refuse`, vetoes every container that has started. */
export const SITE_PLUGIN = 'example.com/site';
/** Limits memory, sets MEMORY_LIMIT_MIB, and binds a file; vetoes the flag `memory-mib` of 0. */
export const LIMIT_PLUGIN = 'example.com/config-plugin';

/** Build the command in `folder`, and install both plugins in a store there. */
export async function installPlugins(folder: string): Promise<PluggedCommand> {
  const store = join(folder, 'store');
  const made = join(folder, 'packages');
  mkdirSync(made, { recursive: true });
  const run: PluggedCommand['cli'] = (...args) => cli(args, { cwd: folder, env: { WASM_PLUGIN_STORE: store } });

  const packer = await createPacker(made);
  const site = packer.pack({
    name: SITE_PLUGIN,
    requests: ['config:env'],
    contributes: { flags: [{ name: 'site', type: 'string', usage: 'site', commands: ['run'] }] },
    settings: { type: 'object', properties: { refuse: { type: 'boolean' } } },
  });
  const limit = join(made, 'limit.sif');
  writeFileSync(limit, await compileExample('config-plugin'));
  const packages = [site, limit];
  for (const sif of packages) {
    const { exitCode, stderr } = await run('install', '--yes', sif);
    if (exitCode !== 0) throw new Error(`Cannot install ${sif}: ${stderr}`);
  }
  return { command: buildCommand(join(folder, 'package')), store, packages, cli: run };
}

/** Let `setup containerd` make the entry that an engine is given, over a real runtime. @returns its path. */
export function setupEntry(folder: string, { command, store }: PluggedCommand, runtime: string): string {
  const words = ['setup', 'containerd', '--runtime', runtime, '--dir', folder, '--config-dir', join(folder, 'conf.d')];
  // As a process of its own: it writes itself into the entry.
  execFileSync(process.execPath, [command, ...words], { env: { PATH: TOOLS_PATH, WASM_PLUGIN_STORE: store } });
  return join(folder, 'wasm-plugin');
}
