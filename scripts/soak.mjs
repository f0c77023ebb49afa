/** `npm run soak`: hours of work for one process, to see that nothing grows and nothing is left. `--help` lists the options. */
import { runBundled } from './run-bundled.mjs';

process.exitCode = await runBundled('soak', process.argv.slice(2));
