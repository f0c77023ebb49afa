#!/usr/bin/env node
/** The executable: the process's argv, streams, environment and user, and nothing else. */
import { main } from './main.js';
import { processIo } from './process-io.js';

const io = processIo();
const exitCode = await main(process.argv.slice(2), io);
await io.flush();
// A plugin's or an engine's forgotten handle must not keep the terminal.
process.exit(exitCode);
