import type { Frame } from './frame.js';

/** A message needs the place and how the guest got there; `details` has the rest. */
const FRAMES_IN_MESSAGE = 4;
/** How AssemblyScript's compiler calls the files of packages and of its standard library. */
const LIBRARY = '~lib/';

/**
 * Where the guest was, as a part of a message.
 *
 * @returns ` in decode (assembly/index.ts:12:7), called from handle (assembly/index.ts:30:10)`; empty without frames.
 */
export function describeFrames(frames: readonly Frame[]): string {
  const places = distinct(frames.map(describeFrame)).slice(0, FRAMES_IN_MESSAGE);
  return places.length === 0 ? '' : ` in ${places.join(', called from ')}`;
}

/**
 * Where the guest was, as an error's `details`; none without frames.
 *
 * `position` is the innermost place in code that is the author's own: a line of the language's library, where an assertion
 * ends, helps nobody to find the assertion.
 */
export function frameDetails(frames: readonly Frame[]): Readonly<Record<string, string | number>> {
  const own = frames.find(({ source }) => source !== undefined && !source.startsWith(LIBRARY)) ?? frames[0];
  return own === undefined
    ? {}
    : {
        position: placeOf(own),
        frames: distinct(frames.map(describeFrame)).join(', '),
        codeOffset: own.codeOffset,
      };
}

function describeFrame(frame: Frame): string {
  return frame.function === undefined ? placeOf(frame) : `${frame.function} (${placeOf(frame)})`;
}

function placeOf({ source, module, offset }: Frame): string {
  return source ?? `core module ${module}, byte 0x${offset.toString(16)}`;
}

/** A recursion that went too deep is the same place again and again. */
function distinct(places: readonly string[]): string[] {
  return places.filter((place, i) => place !== places[i - 1]);
}
