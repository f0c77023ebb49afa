import { type Frame, isLibrary, LIBRARY } from './frame.js';

/** A message needs the place and how the guest got there; `details` has the rest. */
const FRAMES_IN_MESSAGE = 4;

/**
 * Where the guest was, as a part of a message.
 *
 * @returns ` in decode (assembly/index.ts:12:7), called from handle (assembly/index.ts:30:10)`; empty without frames.
 */
export function describeFrames(frames: readonly Frame[]): string {
  // However deep in the language's library it was: the author looks for a line of the own code.
  const own = Math.max(0, frames.findIndex(isOwn));
  const shown = own < FRAMES_IN_MESSAGE ? frames : [...frames.slice(0, 1), ...frames.slice(own)];
  const places = distinct(shown.map(describeFrame)).slice(0, FRAMES_IN_MESSAGE);
  return places.length === 0 ? '' : ` in ${places.join(', called from ')}`;
}

/**
 * What to add to a guest's last words, which name their own line: where that is one of the language's library (an index out of range, a
 * missing key), the author's line behind it.
 *
 * @returns `, called from command (assembly/index.ts:12:7)`; `, in assembly/index/command` where the compiler inlined the library; or nothing.
 */
export function describeCaller(frames: readonly Frame[], words: string): string {
  const own = words.includes(` at ${LIBRARY}`)
    ? frames.find((frame) => isOwn(frame) || frame.within !== undefined)
    : undefined;
  if (own === undefined) {
    return '';
  }
  return isOwn(own) ? `, called from ${describeFrame(own)}` : `, in ${own.within}`;
}

/** Whether it ended in the allocator of AssemblyScript, which has one `unreachable`: where no memory is left. */
export function isOutOfMemory(frames: readonly Frame[]): boolean {
  return frames[0]?.source?.startsWith(`${LIBRARY}rt/tlsf.ts:`) === true;
}

/**
 * Where the guest was, as an error's `details`; none without frames.
 *
 * `position` is the innermost place in code that is the author's own: a line of the language's library, where an assertion
 * ends, helps nobody to find the assertion.
 */
export function frameDetails(frames: readonly Frame[]): Readonly<Record<string, string | number>> {
  const own = frames.find(isOwn) ?? frames[0];
  return own === undefined
    ? {}
    : {
        position: placeOf(own),
        frames: distinct(frames.map(describeFrame)).join(', '),
        codeOffset: own.codeOffset,
      };
}

function isOwn({ source }: Frame): boolean {
  return source !== undefined && !isLibrary(source);
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
