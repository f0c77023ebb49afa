/** Where fuel is charged. That it is charged to the unit: test/fuzz/meter-bound.test.ts. */
import { parse, print } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { rewrite } from '../../../test/support/metered.js';
import { planCode } from './plan.js';

/** The metered functions as text: `+n` is a charge, `CHECK` a check, `OUT` and `IN` hand the fuel over. */
async function metered(source: string): Promise<string> {
  const module = new Uint8Array(await parse(`(module ${source})`));
  const text = await print(rewrite(module, { deadline: 'none', fuel: true }, planCode).bytes);
  return text
    .replace(/\s+/g, ' ')
    .replace(/ ;; label = @\d+| \(;@?\d+;\)/g, '')
    .replace(
      /local\.get (\d+) i64\.const (\d+) i64\.sub local\.tee \1 (i64\.const 0 i64\.lt_s if)/g,
      '+$2 local.get $1 $3',
    )
    .replace(/global\.get 0 i64\.const (\d+) i64\.sub global\.set 0/g, '+$1')
    .replace(/local\.get (\d+) i64\.const (\d+) i64\.sub local\.set \1/g, '+$2')
    .replace(/global\.get 0 i64\.const 0 i64\.lt_s if unreachable end/g, 'CHECK')
    .replace(/local\.get (\d+) i64\.const 0 i64\.lt_s if local\.get \1 global\.set 0 unreachable end/g, 'CHECK')
    .replace(/global\.get 0 local\.set \d+/g, 'IN')
    .replace(/local\.get \d+ global\.set 0/g, 'OUT')
    .replace(/.*?\(func(?: \$\w+)? \(type 0\)(?: \(param[^)]*\))?(?: \(local [^)]*\))? /, '')
    .replace(/ \).*/, '');
}

const param = '(param i32)';
/** A unit each. */
const one = '(drop (i32.const 0))';
const shown = 'i32.const 0 drop';

describe('charges', () => {
  const cases = [
    { name: 'straight code in one sum, entering included', body: one + one, want: `+3 ${shown} ${shown}` },
    {
      name: 'what follows an if with what precedes it',
      body: `(if (local.get 0) (then ${one})) ${one}`,
      want: `+4 local.get 0 if +1 ${shown} end ${shown}`,
    },
    {
      name: 'what both arms of an if cost before it',
      body: `(if (local.get 0) (then ${one}) (else ${one}${one}${one}))`,
      want: `+4 local.get 0 if ${shown} else +2 ${shown} ${shown} ${shown} end`,
    },
    {
      name: 'what follows a conditional branch by itself, and what follows its block with what precedes that',
      body: `(block $b (br_if $b (local.get 0)) ${one}) ${one}`,
      want: `+4 block local.get 0 br_if 0 +1 ${shown} end ${shown}`,
    },
    {
      name: 'what follows a block by itself if a branch leads past it',
      body: `(block $a (block $b (br_if $a (local.get 0)) (br_if $b (local.get 0)) ${one}) ${one})`,
      want: `+3 block block local.get 0 br_if 1 +2 local.get 0 br_if 0 +1 ${shown} end +1 ${shown} end`,
    },
    {
      name: 'what follows a return by itself',
      body: `(if (local.get 0) (then return)) ${one}`,
      want: `+3 local.get 0 if +1 return end +1 ${shown}`,
    },
    {
      name: 'what follows a call with what precedes it',
      body: `${one} (call $f (i32.const 0)) ${one}`,
      want: `+13 ${shown} i32.const 0 CHECK call $f ${shown}`,
    },
    {
      name: 'the start of a loop at its entry and at the only branch back',
      body: `(loop $l (if (local.get 0) (then ${one} (br $l))))`,
      want: `IN +3 loop CHECK local.get 0 if +4 ${shown} br 1 end end OUT`,
    },
    {
      name: 'the start of a loop there if several branches lead back',
      body: `(loop $l (br_if $l (local.get 0)) (br_if $l (local.get 0)))`,
      want: 'IN +1 loop +2 CHECK local.get 0 br_if 0 +2 local.get 0 br_if 0 end OUT',
    },
    {
      name: 'a function with loops in a local, which is handed over at calls',
      body: `(loop) (call $f (i32.const 0))`,
      want: 'IN +11 loop CHECK end i32.const 0 OUT call $f IN OUT',
    },
    {
      name: 'a function that catches in the global, where its callees left it',
      body: '(loop) try (call $f (i32.const 0)) catch_all end',
      want: '+11 loop CHECK end try i32.const 0 call $f catch_all CHECK end',
    },
    { name: 'nothing where nobody comes', body: `return ${one}`, want: '+2 return i32.const 0 drop' },
  ];
  for (const { name, body, want } of cases) {
    test(name, async () => {
      expect(await metered(`(func $f ${param} ${body})`)).toBe(want);
    });
  }
});
