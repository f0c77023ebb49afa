import { expect, test } from 'vitest';
import { type Reserve, stackReserve } from './stack-reserve.js';

/** Plain frames of the host, which take some 100 bytes each, more before V8 has optimised them. */
const FRAMES = 150;
const HOT_CALLS = 300_000;

const descend = (levels: number): number => (levels === 0 ? 0 : 1 + descend(levels - 1));

/** What happens that many levels down: there was no room, or the host could work. */
function at(level: number, reserve: Reserve): 'no room' | 'worked' | 'ran out of it' {
  if (level > 0) {
    return at(level - 1, reserve);
  }
  try {
    reserve(1);
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return 'no room';
  }
  try {
    descend(FRAMES);
  } catch {
    return 'ran out of it';
  }
  return 'worked';
}

test.each(['cold', 'hot'])('there is room for the host, or none is used: code that is %s', async (warmth) => {
  const reserve = stackReserve();
  if (warmth === 'hot') {
    for (let i = 0; i < HOT_CALLS; i++) reserve(1);
    // V8 compiles it again in another thread.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    for (let i = 0; i < HOT_CALLS; i++) reserve(1);
  }
  const seen = new Set<string>();
  // Steps that are far smaller than the reserve, until not even getting there is possible.
  for (let level = 0; ; level += 25) {
    try {
      seen.add(at(level, reserve));
    } catch {
      break;
    }
  }
  expect([...seen].sort()).toEqual(['no room', 'worked']);
});

test('one thread has one', () => expect(stackReserve()).toBe(stackReserve()));
