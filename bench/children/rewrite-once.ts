/** One sample of bench/rewrite.ts: rewrites a module before anything else, and prints the nanoseconds. */
import { MODULES } from '../rewrite/modules.js';
import { STEPS, TOTAL } from '../rewrite/steps.js';

const module = await MODULES.find(({ name }) => name === process.argv[2])!.read();
const start = process.hrtime.bigint();
STEPS.get(TOTAL)!(module);
process.stdout.write(String(Number(process.hrtime.bigint() - start)));
