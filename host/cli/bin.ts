#!/usr/bin/env node
/** The executable: the process's argv, streams, environment and user, and nothing else. */
import { escapeControls } from '../errors/index.js';
import { asksForHelp } from './argv/started-by-us.js';
import { EXIT_FAILED } from './exit-code.js';
import { processIo } from './process-io.js';

const io = processIo();
const argv = process.argv.slice(2);

async function start(): Promise<number> {
  if ((argv[0] === 'oci' || argv[0] === 'oci-hook') && !asksForHelp(argv)) {
    // On its own, because every container of another engine waits for it (bench/container.ts).
    const { runEngineCommand } = await import('./oci/index.js');
    return runEngineCommand(argv, io);
  }
  const { runTyped } = await import('./typed.js');
  return runTyped(argv, io);
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
