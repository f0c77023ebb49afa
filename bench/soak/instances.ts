import { createHost, provideRaw } from '../../host/index.js';
import { compileComponent } from '../../host/sandbox/index.js';
import { quietOptions } from '../../test/support/text-plugin.js';
import { buildGuests, ECHO, HOST, packGuest } from '../support/guests.js';
import type { Course, Part } from './part.js';

const REQUEST = Uint8Array.from({ length: 64 }, (_, i) => i);

/** So many instances, each called once: half of them through a plugin that is loaded and closed, half dropped as they are. */
export const instances: Part = async (course) => {
  const { component } = await buildGuests();
  const host = await createHost({ capabilities: [provideRaw(HOST, (request) => request)] });
  const packed = packGuest(component);
  const compiled = await compileComponent(component);
  const options = quietOptions({
    capabilities: new Map([[HOST.split('@')[0]!, (payload: Uint8Array) => ({ ok: true, payload })]]),
  });
  for (let made = 0; made < course.amount && !course.stopped(); made++) {
    try {
      if (made % 2 === 0) {
        const plugin = await host.load(packed);
        check(course, 'closed', plugin.callRawSync(ECHO, REQUEST));
        await plugin.close();
      } else {
        check(course, 'dropped', compiled.instantiate(options).call(ECHO, REQUEST).payload);
      }
    } catch (error) {
      course.fail(`instance ${made}: ${String(error)}`);
    }
    await course.progress(made / course.amount);
  }
  await host.close();
};

function check(course: Course, outcome: string, answer: Uint8Array): void {
  if (Buffer.compare(answer, REQUEST) === 0) {
    course.count(outcome);
  } else {
    course.fail(`${outcome}: ${answer.byteLength} bytes that are not those that were sent`);
  }
}
