import type { Frame } from './frame.js';

/** A message needs the place and how the guest got there; `details` has the rest. */
const FRAMES_IN_MESSAGE = 4;

/**
 * Where the guest was, as a part of a message.
 *
 * @returns ` in decode (assembly/index.ts:12:7), called from handle (assembly/index.ts:30:10)`; empty without frames.
 */
export function describeFrames(frames: readonly Frame[]): string {
  const places = distinct(frames.map(describeFrame)).slice(0, FRAMES_IN_MESSAGE);
  return places.length === 0 ? '' : ` in ${places.join(', called from ')}`;
}

/** Where the guest was, as an error's `details`; none without frames. */
export function frameDetails(frames: readonly Frame[]): Readonly<Record<string, string | number>> {
  const [first] = frames;
  return first === undefined
    ? {}
    : {
        position: placeOf(first),
        frames: distinct(frames.map(describeFrame)).join(', '),
        codeOffset: first.codeOffset,
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
