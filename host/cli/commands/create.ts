import { resolve } from 'node:path';
import { createProject } from '../../compile/index.js';
import { escapeControls } from '../../errors/index.js';
import type { RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { failed } from '../failure.js';

/** `create DIR NAME`: nothing on stdout, as upstream; what was made and the next step on stderr. */
export const run: RunCommand = async ({ io, log, globals }, { args, options }) => {
  const [dir = '', name = ''] = args;
  try {
    const { files } = await createProject(resolve(io.cwd, dir), name, { lang: options.text('lang') });
    for (const file of files) log.verbose(`Wrote ${dir}/${file}`);
    log.info(`Project created in ${dir}`);
    if (!globals.quiet && !globals.silent) log.hint(`Compile it with: wasm-plugin compile ${dir}`);
  } catch (error) {
    throw failed(`Failed to create plugin directory ${escapeControls(dir)}`, error);
  }
  return EXIT_OK;
};
