/** Run a benchmark: `node scripts/bench.mjs NAME [OPTIONS]`, where NAME is a file of bench/. */
import { runBundled } from './run-bundled.mjs';

const [name = 'hook-call', ...options] = process.argv.slice(2);
process.exitCode = await runBundled(name, options);
