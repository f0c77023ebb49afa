import { createHost, provideRaw } from '../../host/index.js';
import { buildGuests, ECHO, HOST, packGuest, RELAY } from '../support/guests.js';
import type { Part } from './part.js';

/** Sizes of messages in turn, around those where buffers grow. */
const SIZES = [0, 1, 64, 65, 1000, 4096];
/** One call in so many has a large one. */
const LARGE_EACH = 67;
const LARGE = 70_000;
/** One in so many answers is compared byte by byte, the others by their length and their ends. */
const COMPARED = 61;
/** Of so many calls, one has a promise and one makes a capability call. */
const BATCH = 16;
/** Calls between looks at the progress. */
const STRIDE = 4096;

/** So many calls on one instance. It must be the first one to the end: an instance that died would be replaced. */
export const calls: Part = async (course) => {
  const guests = await buildGuests();
  const host = await createHost({ capabilities: [provideRaw(HOST, (request) => request)] });
  const plugin = await host.load(packGuest(guests.component));
  const requests = SIZES.map(requestOf);
  const large = requestOf(LARGE);
  let answered = 0;
  for (let call = 0; call < course.amount && !course.stopped(); call++) {
    const request = call % LARGE_EACH === 0 ? large : requests[call % requests.length]!;
    const place = call % BATCH;
    try {
      const answer =
        place === 0 ? await plugin.callRaw(ECHO, request) : plugin.callRawSync(place === 1 ? RELAY : ECHO, request);
      if (same(answer, request, call % COMPARED === 0)) {
        answered++;
      } else {
        course.fail(`call ${call}: ${request.byteLength} bytes came back as ${answer.byteLength} others`);
      }
    } catch (error) {
      course.fail(`call ${call}: ${String(error)}`);
    }
    if (call % STRIDE === 0) {
      await course.progress(call / course.amount);
    }
  }
  course.count('answered', answered);
  await host.close();
};

function requestOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i * 7);
}

function same(answer: Uint8Array, request: Uint8Array, whole: boolean): boolean {
  return (
    answer.byteLength === request.byteLength &&
    answer[0] === request[0] &&
    answer.at(-1) === request.at(-1) &&
    (!whole || Buffer.compare(answer, request) === 0)
  );
}
