import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CompileStep } from '../../compile/index.js';
import { compileProject } from '../../compile/index.js';
import { quote } from '../../errors/index.js';
import type { RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { CommandFailure, failed } from '../failure.js';
import { createProgress } from '../terminal/progress.js';

const STEPS: Readonly<Record<CompileStep, string>> = {
  compile: 'Compiling the source…',
  componentize: 'Making a component…',
  pack: 'Packing…',
};

/** `compile DIR`: upstream's one line on success, upstream's two texts on failure. */
export const run: RunCommand = async ({ io, log, globals }, { args, options }) => {
  const folder = args[0]!;
  const out = options.text('out');
  const dir = resolve(io.cwd, folder);
  if (!(await isThere(dir))) {
    throw new CommandFailure(`Compilation failed: ${quote(folder)} doesn't exist`, {
      hint: 'Start a project with: wasm-plugin create DIR NAME',
    });
  }
  const progress = createProgress(io.stderr, !globals.quiet && !globals.silent && !globals.debug);
  try {
    const { path } = await compileProject(dir, {
      out: out === undefined ? undefined : resolve(io.cwd, out),
      onProgress: (step) => progress.step(STEPS[step]),
      onWarning: (text) => {
        progress.end();
        log.warning(text);
      },
    });
    progress.end();
    log.info(`Plugin built to: ${out ?? path}`);
    return EXIT_OK;
  } catch (error) {
    progress.end();
    throw failed('Plugin compile failed with error', error);
  }
};

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
