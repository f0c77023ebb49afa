/** One part of the soak in a process of its own: options as JSON in, the result as JSON out; then it must end by itself. */
import { calls } from '../soak/calls.js';
import { runCourse } from '../soak/course.js';
import { crashing } from '../soak/crashing.js';
import { instances } from '../soak/instances.js';
import type { PartOptions } from '../soak/part.js';

const options: PartOptions = JSON.parse(process.argv[2]!);
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopped = true;
  });
}
const result = await runCourse({ calls, instances, crashing }[options.part], options, () => stopped);
process.stdout.write(JSON.stringify(result));
