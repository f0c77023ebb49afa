#!/usr/bin/env node
/** The executable: the process's argv, streams, environment and user, and nothing else. */
import { escapeControls } from '../errors/index.js';
import { HandOver, runCommandLine } from './command-line.js';
import { EXIT_FAILED } from './exit-code.js';
import { isLight, LIGHT_COMMANDS } from './light.js';
import { processIo } from './process-io.js';

const io = processIo();
const argv = process.argv.slice(2);

async function start(): Promise<number> {
  if (argv[0] === 'oci' || argv[0] === 'oci-hook') {
    // On its own, because every container of another engine waits for it.
    const { runEngineCommand } = await import('./oci/index.js');
    return runEngineCommand(argv, io);
  }
  if (isLight(argv)) {
    try {
      return await runCommandLine(argv, io, LIGHT_COMMANDS);
    } catch (error) {
      if (!(error instanceof HandOver)) throw error;
    }
  }
  const { main } = await import('./main.js');
  return main(argv, io);
}

// Not awaited at the top: the bundle is CommonJS, which starts faster.
// Exits by hand: a plugin's or an engine's forgotten handle must not keep the terminal, and all output is out already.
start().then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    // Commands report their own failures; this is an installation with a part missing.
    process.stderr.write(
      `ERROR:   Cannot start: ${escapeControls(String(error))}\nHINT:    Install wasm-plugin again\n`,
    );
    process.exit(EXIT_FAILED);
  },
);
