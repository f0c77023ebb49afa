/**
 * What an image built by Apptainer or Singularity does before a command: `/.singularity.d` in its root.
 *
 *   env/*.sh       sourced in order, by a shell in the container
 *   runscript      what runs without a command
 *   actions/exec   sources env/*.sh, then executes its arguments
 *   actions/run    the same, then the runscript with its arguments
 *
 * Here it is only looked for. All of it runs in the container, as the container's user; nothing of it is read on the host. A shell in the
 * container does what the `actions` do, as Apptainer's own does since 3.6, because these know of no caller: what `--env` and plugins set
 * wins over what the image's scripts set. They are used where there is no shell at the usual place.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { PluginError } from '../../errors/index.js';
import { createContainerView } from '../common/index.js';
import { DEFAULT_CONTAINER_ENV } from '../make-config.js';
import type { ImageDefaults } from './types.js';

const META = '/.singularity.d';
const ACTION_EXEC = `${META}/actions/exec`;
const ACTION_RUN = `${META}/actions/run`;
const RUNSCRIPT = `${META}/runscript`;
const SHELL = '/bin/sh';

/**
 * Sources the environment, puts back what was there before, and executes its arguments. What nobody has set but us, by its value, and what
 * a shell sets itself, is the scripts' to change. A pattern without a match stays as it is, and is no file.
 */
const SOURCE_AND_EXECUTE = [
  'wp_given=$(',
  ...[...DEFAULT_CONTAINER_ENV].map(([name, value]) => `[ "\${${name}-}" != '${value}' ] || unset ${name};`),
  'unset PWD OLDPWD SHLVL _; export -p);',
  'for wp_file in /.singularity.d/env/*.sh; do [ ! -f "$wp_file" ] || . "$wp_file"; done;',
  'eval "$wp_given"; unset wp_file wp_given; exec "$@"',
].join(' ');

/** Of an image that says nothing: the command as it was typed, or its shell. */
export const PLAIN_DEFAULTS: ImageDefaults = {
  env: new Map(),
  cwd: undefined,
  user: undefined,
  command: (typed) => (typed.length === 0 ? [SHELL] : typed),
};

/**
 * Look for Apptainer's files in a root file system.
 *
 * @param rootfs - its links are followed as they are in the container.
 */
export function readDefaults(rootfs: string): ImageDefaults {
  const view = createContainerView({ kind: 'image', path: rootfs, layer: rootfs });
  const find = (path: string, wanted: 'directory' | 'program'): boolean => {
    try {
      const place = view.resolve(path);
      const found = join(rootfs, place.path);
      if (wanted === 'directory') return place.kind === 'directory';
      return place.kind === 'file' && statSync(found).isFile() && (statSync(found).mode & 0o111) !== 0;
    } catch (error) {
      // Links in circles, or a folder that we may not look into: the container has no use of it either.
      if (error instanceof PluginError) return false;
      throw error;
    }
  };
  if (!find(META, 'directory')) return PLAIN_DEFAULTS;
  const hasShell = find(SHELL, 'program');
  const sourced = hasShell && find(`${META}/env`, 'directory') ? [SHELL, '-c', SOURCE_AND_EXECUTE, 'wasm-plugin'] : [];
  const exec = !hasShell && find(ACTION_EXEC, 'program') ? [ACTION_EXEC] : sourced;
  const run =
    !hasShell && find(ACTION_RUN, 'program') ? [ACTION_RUN] : [...exec, find(RUNSCRIPT, 'program') ? RUNSCRIPT : SHELL];
  return { ...PLAIN_DEFAULTS, command: (typed) => (typed.length === 0 ? run : [...exec, ...typed]) };
}
