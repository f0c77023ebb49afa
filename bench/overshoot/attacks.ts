/**
 * Guests that never return, each in a way that is hard to stop: long without a loop, deep, through tables, inside one instruction, in
 * the host, or while V8 compiles.
 */
import type { TextPlugin } from '../../test/support/text-plugin.js';

export interface Attack {
  readonly name: string;
  /** @param sample - another number for each sample, where it must be code that V8 has never compiled. */
  plugin(sample: number): TextPlugin;
  /** One step of it takes V8 longer than any deadline could know. */
  readonly compiling?: boolean;
}

const PAGES = 512;
const TABLE = 50_000;
const WIDE = 60;
const FUNCTION_OPERATIONS = 24_000;
const BIG_FUNCTIONS = 24;

/** Text, so many times. */
const times = (count: number, text: string): string => new Array<string>(count).fill(text).join(' ');
const forever = (body: string): string => `(loop $again ${body} (br $again)) unreachable`;
const LEAF = '(func $leaf (param i32) (result i32) (i32.mul (i32.add (local.get 0) (i32.const 7)) (i32.const 31)))';

/** Five floors of functions without a loop, each of which calls the one below many times: `$floor5` makes 777 million calls. */
function tower(call: (below: string) => string): string {
  const floors = Array.from({ length: 5 }, (_, i) => {
    const below = i === 0 ? '$leaf' : `$floor${i}`;
    return `(func $floor${i + 1} (param i32) (result i32) (local.get 0) ${times(WIDE, call(below))})`;
  });
  return [LEAF, ...floors].join('\n');
}

/** As `tower`, with every call through a table. */
function indirectTower(): string {
  const index = new Map(['$leaf', '$floor1', '$floor2', '$floor3', '$floor4'].map((name, i) => [name, i]));
  const call = (below: string): string => `(i32.const ${index.get(below)}) (call_indirect (type $unary))`;
  return `(type $unary (func (param i32) (result i32))) (table funcref (elem ${[...index.keys()].join(' ')})) ${tower(call)}`;
}

export const attacks: readonly Attack[] = [
  { name: 'an endless loop', plugin: () => ({ handle: forever('') }) },
  {
    name: 'calls without a loop',
    plugin: () => ({
      main: tower((below) => `(call ${below})`),
      handle: forever('(drop (call $floor5 (i32.const 1)))'),
    }),
  },
  {
    name: 'indirect calls without a loop',
    plugin: () => ({ main: indirectTower(), handle: forever('(drop (call $floor5 (i32.const 1)))') }),
  },
  {
    name: 'recursion',
    plugin: () => ({
      main: `(func $split (param i32) (if (local.get 0) (then
        (call $split (i32.sub (local.get 0) (i32.const 1))) (call $split (i32.sub (local.get 0) (i32.const 1))))))`,
      handle: forever('(call $split (i32.const 200))'),
    }),
  },
  {
    name: 'br_table',
    plugin: () => ({
      main: '(global $state (mut i32) (i32.const 0))',
      handle: `(loop $next ${times(200, '(block')}
        (global.set $state (i32.rem_u (i32.add (i32.mul (global.get $state) (i32.const 5)) (i32.const 3)) (i32.const 199)))
        (br_table ${Array.from({ length: 200 }, (_, i) => i).join(' ')} 200 (global.get $state))
        ${times(200, ') (br $next)')}) unreachable`,
    }),
  },
  {
    name: 'memory.fill',
    plugin: () => ({
      handle: `(drop (memory.grow (i32.const ${PAGES}))) ${forever(
        times(100, `(memory.fill (i32.const 65536) (i32.const 1) (i32.const ${PAGES << 16}))`),
      )}`,
    }),
  },
  {
    name: 'memory.copy',
    plugin: () => ({
      handle: `(drop (memory.grow (i32.const ${PAGES}))) ${forever(
        times(100, `(memory.copy (i32.const 65536) (i32.const 65537) (i32.const ${(PAGES << 16) - 1}))`),
      )}`,
    }),
  },
  {
    name: 'memory.grow, page after page',
    plugin: () => ({
      handle: forever(
        '(drop (memory.grow (i32.const 1))) (memory.fill (i32.const 65536) (i32.const 1) (i32.mul (i32.sub (memory.size) (i32.const 1)) (i32.const 65536)))',
      ),
    }),
  },
  {
    name: 'table.fill and table.copy',
    plugin: () => ({
      main: `(table $t ${TABLE} funcref) (func $target) (elem declare func $target)`,
      handle: forever(
        times(
          50,
          `(table.fill $t (i32.const 0) (ref.func $target) (i32.const ${TABLE})) (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const ${TABLE - 1}))`,
        ),
      ),
    }),
  },
  {
    // In the older of the two encodings, which every V8 takes.
    name: 'exceptions',
    plugin: () => ({
      main: `(tag $e (param i32)) (func $raise (throw $e (i32.const 1)))
        (func $catch try call $raise catch $e drop end) (func $more ${times(WIDE, '(call $catch)')})`,
      handle: forever(times(WIDE, '(call $more)')),
    }),
  },
  {
    name: 'calls to the host',
    plugin: () => ({ handle: forever('(call $call (local.get $ptr) (local.get $len) (i32.const 2048))') }),
  },
  {
    name: 'a loop in cabi_realloc',
    plugin: () => ({ realloc: `(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) ${forever('')})` }),
  },
  { name: 'a loop in cabi_post', plugin: () => ({ post: forever('') }) },
  {
    name: 'the first compile of big functions',
    compiling: true,
    plugin: (sample) => ({
      main: Array.from(
        { length: BIG_FUNCTIONS },
        (_, i) => `(func $big${i} (result i32) (i32.const ${sample * BIG_FUNCTIONS + i})
          ${times(FUNCTION_OPERATIONS, '(i32.mul (i32.const 77777)) (i32.rotl (i32.const 3))')})`,
      ).join('\n'),
      handle: `${Array.from({ length: BIG_FUNCTIONS }, (_, i) => `(drop (call $big${i}))`).join(' ')} ${forever('')}`,
    }),
  },
];
