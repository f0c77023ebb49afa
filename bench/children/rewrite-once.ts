/** One sample of bench/rewrite.ts: rewrites a module before anything else, and prints the nanoseconds. */
import { MODULES } from '../rewrite/modules.js';
import { STEPS, TOTAL } from '../rewrite/steps.js';
import { workNanoseconds } from '../support/work-clock.js';

const module = await MODULES.find(({ name }) => name === process.argv[2])!.read();
const start = workNanoseconds();
STEPS.get(TOTAL)!(module);
process.stdout.write(String(workNanoseconds() - start));
