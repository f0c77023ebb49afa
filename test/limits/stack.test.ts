/** `limits.stackKiB`, and inline what the caller left of its stack: recursion without end, in every way there is. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { capabilities, encode } from '../../host/abi/index.js';
import { provideRaw } from '../../host/index.js';
import { openKv } from '../../host/store/kv.js';
import {
  ATTACK,
  type Attacker,
  attackAtStart,
  attackInCall,
  besieged,
  dataText,
  failure,
  MODES,
  PEACE,
} from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

const OVERFLOW = { code: 'GUEST_TRAP', says: /Maximum call stack size exceeded/ };
const CALL = '(call $call (i32.const 0) (i32.const 0) (i32.const 2048))';
const many = (type: string, count: number): string => `${type} `.repeat(count);

const ATTACKS: readonly { name: string; attacker: Attacker }[] = [
  { name: 'a function that calls itself', attacker: { main: '(func $f (call $f))', attack: '(call $f)' } },
  {
    name: 'a function that needs its own result',
    attacker: {
      main: '(func $f (param i32) (result i32) (i32.add (i32.const 1) (call $f (local.get 0))))',
      attack: '(drop (call $f (i32.const 0)))',
    },
  },
  {
    name: 'three functions in a ring',
    attacker: { main: '(func $f (call $g)) (func $g (call $h)) (func $h (call $f))', attack: '(call $f)' },
  },
  {
    name: 'a function that finds itself in a table',
    attacker: {
      main: '(type $t (func)) (table 1 funcref) (elem (i32.const 0) $f) (func $f (call_indirect (type $t) (i32.const 0)))',
      attack: '(call $f)',
    },
  },
  {
    name: 'huge frames',
    attacker: {
      main: `(func $f (param i64) (local ${many('i64', 5000)})
        ${Array.from({ length: 50 }, (_, i) => `(local.set ${100 * i + 1} (local.get 0))`).join('')}
        (call $f (local.get 1))
        ${Array.from({ length: 50 }, (_, i) => `(drop (local.get ${100 * i + 1}))`).join('')})`,
      attack: '(call $f (i64.const 1))',
    },
  },
  {
    name: 'as many arguments as there may be',
    attacker: {
      main: `(func $f (param ${many('i64', 64)}) (call $f ${Array.from({ length: 64 }, (_, i) => `(local.get ${i})`).join('')}))`,
      attack: `(call $f ${many('(i64.const 1)', 64)})`,
    },
  },
  {
    name: 'everything caught at every level',
    attacker: { main: '(func $f try (call $f) catch_all (call $f) end)', attack: 'try (call $f) catch_all end' },
  },
  { name: 'a call to the host at every level', attacker: { main: `(func $f ${CALL} (call $f))`, attack: '(call $f)' } },
  {
    name: 'a call to the host at every level, caught and tried again',
    attacker: { main: `(func $f try ${CALL} (call $f) catch_all (call $f) end)`, attack: '(call $f)' },
  },
  {
    name: 'an allocator that calls itself',
    attacker: {
      realloc: `(func $realloc (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
        (if (result i32) (i32.eq (local.get $size) (i32.const 1))
          (then (i32.add (i32.const 1) (call $realloc (local.get 0) (local.get 1) (local.get 2) (local.get $size))))
          (else (i32.const 4096))))`,
    },
  },
  {
    name: 'clean-up that calls itself',
    attacker: {
      main: '(func $f (call $f))',
      post: '(if (i32.eq (i32.load (i32.const 1032)) (i32.const 1)) (then (call $f)))',
    },
  },
];

describe.each(MODES)('recursion without end, %s', (isolation) => {
  const options = { isolation, limits: { stackKiB: 512, deadlineMs: 60_000 } };
  for (const { name, attacker } of ATTACKS) {
    test(`by ${name} ends the instance`, () => attackInCall(options, attacker, OVERFLOW));
  }

  test('in a start function ends it before it starts', () =>
    attackAtStart(options, { main: '(func $f (call $f)) (start $f)' }, OVERFLOW));

  test('that uses up the stack again and again runs into the deadline', () =>
    // Each overflow is a trap, which ends the call: only what stays below it can go on. 2 to the power of 60 calls do.
    attackInCall(
      options,
      {
        main: `(func $f (param i32) (if (local.get 0) (then
          (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))`,
        attack: '(call $f (i32.const 60))',
      },
      { code: 'DEADLINE_EXCEEDED', says: /longer than 100 ms/ },
      { deadlineMs: 100 },
    ));
});

describe('limits.stackKiB', () => {
  /** How deep a recursion got: the deepest level is left in memory, of which the host was told in the call before it died. */
  test('decides how deep a plugin in a thread gets', async () => {
    const depthWith = async (stackKiB: number): Promise<number> => {
      let depth = 0;
      const told = provideRaw('acme:depth/depth@1.0.0', (bytes) => {
        depth = Buffer.from(bytes).readUInt32LE();
        return new Uint8Array();
      });
      const attacker: Attacker = {
        capability: told.id,
        main: `(func $f (param $level i32)
          (if (i32.eqz (i32.rem_u (local.get $level) (i32.const 100))) (then
            (i32.store (i32.const 512) (local.get $level))
            (call $call (i32.const 512) (i32.const 4) (i32.const 2048))))
          (call $f (i32.add (local.get $level) (i32.const 1))))`,
        attack: '(call $f (i32.const 1))',
      };
      await besieged({ isolation: 'thread', limits: { stackKiB }, capabilities: [told] }, async ({ load }) => {
        expect((await failure((await load(attacker)).callRaw(SCORE, ATTACK))).code).toBe('GUEST_TRAP');
      });
      return depth;
    };
    const shallow = await depthWith(256);
    const deep = await depthWith(2048);
    expect(shallow).toBeGreaterThan(100);
    expect(deep).toBeGreaterThan(4 * shallow);
  });
});

/**
 * The host's part of a call runs on the same stack, inline. So a guest can choose how much of it is left when it asks for something, and
 * with that, where in the host's own code the stack ends.
 */
describe('a plugin that asks for something with almost no stack left', () => {
  /** Levels, of some 50 bytes of stack each. */
  const STEP = 16;
  const set = encode(capabilities.kv.request, { op: 'set', key: 'k', value: new Uint8Array(32) });
  /** Goes down as far as the request says and asks there, if it says so; then it comes back up and answers. */
  const attacker: Attacker = {
    capability: 'wasm-plugin:host/kv@1.0.0',
    manifest: { requests: ['kv'] },
    main: `
      (data (i32.const 600) "${dataText(set)}")
      (func $down (param $left i32) (param $ask i32)
        (if (local.get $left)
          (then (call $down (i32.sub (local.get $left) (i32.const 1)) (local.get $ask)))
          (else (if (local.get $ask) (then
            (call $call (i32.const 600) (i32.const ${set.byteLength}) (i32.const 2048)))))))`,
    handle: `
      (if (i32.eq (local.get $len) (i32.const 8)) (then
        (call $down (i32.load (local.get $ptr)) (i32.load offset=4 (local.get $ptr)))))
      (call $answer (i32.const 0) (local.get $ptr) (local.get $len))`,
  };

  test('is served whole or not at all', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-stack-'));
    const store = openKv(join(folder, 'kv'), { quotaBytes: 1000, lockTimeoutMs: 200 });
    let begun = 0;
    let done = 0;
    const kv = () => ({
      ...store,
      set(key: string, value: Uint8Array) {
        begun++;
        store.set(key, value);
        done++;
      },
    });
    try {
      await besieged({ quarantine: { crashes: Infinity }, limits: { deadlineMs: 60_000 } }, async ({ load }) => {
        const plugin = await load(attacker, { grants: ['kv'], kv });
        /** Whether it came back from that depth. */
        const survives = (depth: number, ask: boolean): boolean => {
          const request = new Uint8Array(new Uint32Array([depth, ask ? 1 : 0]).buffer);
          try {
            plugin.callRawSync(SCORE, request);
            return true;
          } catch (error) {
            expect(error).toMatchObject({ code: 'GUEST_TRAP', message: expect.stringMatching(OVERFLOW.says) });
            return false;
          }
        };
        const deepest = (): number => {
          let [good, bad] = [0, 400_000];
          while (bad - good > 1) {
            const middle = (good + bad) >> 1;
            if (survives(middle, false)) good = middle;
            else bad = middle;
          }
          return good;
        };
        // Until V8 has optimised all that takes part, frames change their sizes from call to call.
        for (let i = 0; i < 3000; i++) survives(200, i % 10 === 0);
        // From where the guest alone just fits, up to where the host fits as well.
        let depth = deepest();
        while (!survives(depth, true)) depth -= STEP;
        depth += 2 * STEP;
        for (let served = 0; served < 2 * STEP; depth--) {
          served += survives(depth, true) ? 1 : 0;
          expect(readdirSync(join(folder, 'kv')).filter((name) => !/^[0-9a-f]{64}$/.test(name))).toEqual([]);
        }
        expect(begun).toBeGreaterThan(300);
        expect(done).toBe(begun);
        expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
        expect(store.get('k')).toEqual(new Uint8Array(32));
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
