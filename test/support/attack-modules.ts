/**
 * Core modules that try to run for long without being noticed: each breaks a simpler meter than ours.
 *
 * Each exports `run`, without parameters and results, which never returns by itself. Those that go deep need a stack for `depth` small
 * frames. None imports anything.
 */

export interface AttackModule {
  readonly name: string;
  /** Text format. */
  readonly source: string;
  /** What it uses that an engine may lack. */
  readonly needs: 'nothing' | 'tail calls' | 'exceptions' | 'try_table';
}

const FRAMES = 900;
const LINES = 2 ** 13;
const LINES_PER_PAGE = 1024;
/** A function with one parameter, and one of its kind as far as callers can see. */
const UNARY = '(type $unary (func (param i32)))';
const BUSY = `(global $x (mut i64) (i64.const 1)) (global $y (mut i64) (i64.const 1))`;
/** 19 units that nobody can compute in advance. */
const DIVIDE = '(global.set $x (i64.div_u (global.get $x) (global.get $y)))';
const DIVIDE_UNITS = 19;

const times = (count: number, text: string): string => Array.from({ length: count }, () => text).join('\n');
/** About so many units of work in a row. */
const work = (units: number): string => times(Math.max(1, Math.floor(units / DIVIDE_UNITS)), DIVIDE);
const forever = (text: string): string => `(func (export "run") (loop $again ${text} (br $again)))`;
const less = '(i32.sub (local.get 0) (i32.const 1))';
/** What is done until the number is used up. */
const whileAny = (text: string): string => `(if (local.get 0) (then ${text}))`;

export interface AttackSize {
  /** Frames that the deep ones stack up. */
  readonly depth?: number;
  /** Lines of 64 bytes that one walks through at random: a power of two. A million of them is more than caches hold. */
  readonly lines?: number;
}

/** Make the modules. */
export function attackModules({ depth = FRAMES, lines = LINES }: AttackSize = {}): AttackModule[] {
  const again = (around = (call: string): string => call): string =>
    forever(around(`(call $down (i32.const ${depth}))`));
  return [
    { name: 'an endless loop', needs: 'nothing', source: `(module ${BUSY} ${forever(DIVIDE)})` },
    {
      name: 'an endless loop without anything in it',
      needs: 'nothing',
      source: '(module (func (export "run") (loop $again (br $again))))',
    },
    {
      name: 'loops in loops',
      needs: 'nothing',
      source: `(module ${BUSY} ${forever(`(loop $a (loop $b ${DIVIDE} (br_if $b (i64.eqz (global.get $y)))) (br_if $a (i64.eqz (global.get $y))))`)})`,
    },
    {
      name: 'straight code',
      needs: 'nothing',
      source: `(module ${BUSY} (func $long ${work(200_000)}) ${forever('(call $long)')})`,
    },
    {
      name: '30,000 calls of a leaf in a row',
      needs: 'nothing',
      source: `(module ${BUSY} (func $leaf ${work(60)}) (func $long ${times(30_000, '(call $leaf)')}) ${forever('(call $long)')})`,
    },
    {
      name: 'leaves of leaves, ten times as many at each level',
      needs: 'nothing',
      source: `(module ${BUSY} (func $f0 ${work(20)})
        ${[1, 2, 3, 4, 5, 6, 7].map((i) => `(func $f${i} ${times(10, `(call $f${i - 1})`)})`).join('\n')} ${forever('(call $f7)')})`,
    },
    {
      name: 'work before the first check at every level of a chain',
      needs: 'nothing',
      source: `(module ${BUSY} (func $f0 ${work(4000)} (loop))
        ${Array.from({ length: 100 }, (_, i) => `(func $f${i + 1} ${work(4500)} (call $f${i}))`).join('\n')} ${forever('(call $f100)')})`,
    },
    {
      name: 'work after the last check at every level of a chain',
      needs: 'nothing',
      source: `(module ${BUSY} (func $f0 (loop) ${work(4000)})
        ${Array.from({ length: 100 }, (_, i) => `(func $f${i + 1} (call $f${i}) ${work(9000)})`).join('\n')} ${forever('(call $f100)')})`,
    },
    {
      name: 'the longer of two ways, again and again',
      needs: 'nothing',
      source: `(module ${BUSY} (func $long ${times(40, `(if (i64.eqz (global.get $y)) (then) (else ${work(4000)})) (if (i64.ne (i64.const 0) (global.get $y)) (then ${work(4000)}) (else))`)})
        ${forever('(call $long)')})`,
    },
    {
      name: 'a branch over the check',
      needs: 'nothing',
      source: `(module ${BUSY} (func $long ${times(40, `(block $out ${work(4000)} (br_if $out (i64.ne (i64.const 0) (global.get $y))) (loop))`)})
        ${forever('(call $long)')})`,
    },
    {
      name: 'indirect calls in a row',
      needs: 'nothing',
      source: `(module ${UNARY} ${BUSY} (table funcref (elem $leaf)) (func $leaf (type $unary) ${DIVIDE})
        (func $long ${times(8000, '(call_indirect (type $unary) (i32.const 0) (i32.const 0))')}) ${forever('(call $long)')})`,
    },
    {
      name: 'recursion that works on its way down',
      needs: 'nothing',
      source: `(module ${BUSY} (func $down (param i32) ${whileAny(`${work(300)} (call $down ${less})`)}) ${again()})`,
    },
    {
      name: 'two functions that call each other and work on their way down',
      needs: 'nothing',
      source: `(module ${BUSY} (func $down (param i32) ${whileAny(`${work(300)} (call $other ${less})`)})
        (func $other (param i32) ${whileAny(`${work(300)} (call $down ${less})`)}) ${again()})`,
    },
    {
      name: 'recursion that works on its way up',
      needs: 'nothing',
      source: `(module ${BUSY} (func $down (param i32) ${whileAny(`(call $down ${less}) ${work(3000)}`)}) ${again()})`,
    },
    {
      name: 'recursion through a table that works on its way up',
      needs: 'nothing',
      source: `(module ${UNARY} ${BUSY} (table funcref (elem $down))
        (func $down (type $unary) ${whileAny(`(call_indirect (type $unary) ${less} (i32.const 0)) ${work(3000)}`)}) ${again()})`,
    },
    {
      name: 'recursion that works on its way up in a function which it calls',
      needs: 'nothing',
      source: `(module ${UNARY} ${BUSY} (table funcref (elem $down)) (func $down (type $unary) ${whileAny(`(call $up ${less})`)})
        (func $up (param i32) (call_indirect (type $unary) (local.get 0) (i32.const 0)) ${work(4000)}) ${again()})`,
    },
    {
      name: 'recursion that calls leaves on its way up',
      needs: 'nothing',
      source: `(module ${UNARY} ${BUSY} (table funcref (elem $down $leaf)) (func $leaf (type $unary) ${DIVIDE})
        (func $down (type $unary) ${whileAny(`(call $down ${less}) ${times(50, '(call_indirect (type $unary) (i32.const 0) (i32.const 1))')}`)})
        ${again()})`,
    },
    {
      // Each line says where the next one is: all of them, in one circle.
      name: 'recursion that waits for memory on its way up',
      needs: 'nothing',
      source: `(module (memory ${Math.ceil(lines / LINES_PER_PAGE)}) (global $at (mut i32) (i32.const 0)) (global $made (mut i32) (i32.const 0))
        (func $make (local $i i32) (loop $more
          (i32.store (i32.shl (local.get $i) (i32.const 6))
            (i32.shl (i32.and (i32.add (i32.mul (local.get $i) (i32.const 1664525)) (i32.const 1013904223)) (i32.const ${lines - 1})) (i32.const 6)))
          (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${lines})))) (global.set $made (i32.const 1)))
        (func $down (param i32) ${whileAny(`(call $down ${less}) (global.set $at ${times(60, '(i32.load ')} (global.get $at) ${')'.repeat(60)})`)})
        ${again((call) => `(if (i32.eqz (global.get $made)) (then (call $make))) ${call}`)})`,
    },
    {
      name: 'recursion with many locals',
      needs: 'nothing',
      source: `(module ${BUSY} (func $down (param i32) (local ${times(60, 'i64')}) ${whileAny(`(call $down ${less})`)}) ${again()})`,
    },
    {
      name: 'a call with 900 parameters, in a row',
      needs: 'nothing',
      source: `(module ${BUSY} (func $wide (param ${times(900, 'i64')}))
        (func $long ${times(30, `(call $wide ${times(900, '(global.get $x)')})`)}) ${forever('(call $long)')})`,
    },
    {
      name: 'a branch table with 65,520 targets, in a row',
      needs: 'nothing',
      source: `(module ${BUSY} (func $long (local $i i32) ${times(3, `(block $a (block $b ${times(20, `(block $c (br_table ${times(3276, '$c')} $c (local.get $i)))`)}))`)})
        ${forever('(call $long)')})`,
    },
    {
      name: 'memory.fill in a row',
      needs: 'nothing',
      source: `(module (memory 32) (func $long ${times(400, '(memory.fill (i32.const 0) (i32.const 1) (i32.const 2000000))')}) ${forever('(call $long)')})`,
    },
    {
      name: 'short memory.fill in a row',
      needs: 'nothing',
      source: `(module (memory 1) (func $long ${times(4000, '(memory.fill (i32.const 0) (i32.const 1) (i32.const 1024))')}) ${forever('(call $long)')})`,
    },
    {
      name: 'memory.copy in a row, overlapping either way',
      needs: 'nothing',
      source: `(module (memory 32) (func $long ${times(200, '(memory.copy (i32.const 1) (i32.const 0) (i32.const 2000000)) (memory.copy (i32.const 0) (i32.const 1) (i32.const 2000000))')})
        ${forever('(call $long)')})`,
    },
    {
      name: 'memory.init in a row',
      needs: 'nothing',
      source: `(module (memory 2) (data $short "${'x'.repeat(60_000)}") (data $long "${'x'.repeat(100_000)}")
        (func $long ${times(400, '(memory.init $short (i32.const 0) (i32.const 0) (i32.const 60000)) (memory.init $long (i32.const 0) (i32.const 0) (i32.const 100000))')})
        ${forever('(call $long)')})`,
    },
    {
      name: 'memory.grow in a row',
      needs: 'nothing',
      source: `(module (memory 1) (func $long ${times(2000, '(drop (memory.grow (i32.const 0)))')}) ${forever('(call $long)')})`,
    },
    {
      name: 'table.fill in a row',
      needs: 'nothing',
      source: `(module (table 10000 10000 funcref) (elem declare func $long) (func $long ${times(300, '(table.fill (i32.const 0) (ref.func $long) (i32.const 10000))')})
        ${forever('(call $long)')})`,
    },
    {
      name: 'table.copy in a row',
      needs: 'nothing',
      source: `(module (table 10000 10000 funcref) (func $long ${times(300, '(table.copy (i32.const 1) (i32.const 0) (i32.const 9999))')})
        ${forever('(call $long)')})`,
    },
    {
      name: 'table.init in a row',
      needs: 'nothing',
      source: `(module (table 10000 10000 funcref) (elem $functions func ${times(9000, '$long')})
        (func $long ${times(300, '(table.init $functions (i32.const 0) (i32.const 0) (i32.const 9000))')}) ${forever('(call $long)')})`,
    },
    {
      name: 'table.grow and table.set in a row',
      needs: 'nothing',
      source: `(module (table 1 10000 funcref) (elem declare func $long)
        (func $long ${times(500, '(drop (table.grow (ref.func $long) (i32.const 1))) (table.set (i32.const 0) (ref.func $long))')})
        ${forever('(call $long)')})`,
    },
    {
      name: 'a tail call of itself',
      needs: 'tail calls',
      source: `(module ${BUSY} (func $down (param i32) ${DIVIDE} (return_call $down (local.get 0))) ${again()})`,
    },
    {
      name: 'tail calls through a table',
      needs: 'tail calls',
      source: `(module ${UNARY} ${BUSY} (table funcref (elem $a $b)) (func $a (type $unary) ${DIVIDE} (return_call_indirect (type $unary) (i32.const 0) (i32.const 1)))
        (func $b (type $unary) ${DIVIDE} (return_call_indirect (type $unary) (i32.const 0) (i32.const 0))) (func $down (param i32) (call $a (local.get 0))) ${again()})`,
    },
    {
      name: 'recursion that works on its way up in what it calls last',
      needs: 'tail calls',
      source: `(module ${UNARY} ${BUSY} (table funcref (elem $down)) (func $down (type $unary) ${whileAny(`(return_call $up ${less})`)})
        (func $up (param i32) (call_indirect (type $unary) (local.get 0) (i32.const 0)) ${work(4000)}) ${again()})`,
    },
    {
      name: 'recursion that calls a leaf last',
      needs: 'tail calls',
      source: `(module ${UNARY} ${BUSY} (table funcref (elem $down $leaf)) (func $leaf (type $unary) ${DIVIDE} ${times(16, '(drop (local.get 0))')})
        (func $down (type $unary) ${whileAny(`(call $down ${less}) ${times(3, DIVIDE)} (return_call_indirect (type $unary) (i32.const 0) (i32.const 1))`)})
        ${again()})`,
    },
    ...exceptionAttacks(again),
  ];
}

function exceptionAttacks(again: (around?: (call: string) => string) => string): AttackModule[] {
  const head = `${UNARY} ${BUSY} (tag $t) (tag $with (param i32)) (table funcref (elem $down))`;
  const call = `(call_indirect (type $unary) ${less} (i32.const 0))`;
  const otherwise = `(if (i32.eqz (local.get 0)) (then (throw $t)))`;
  return [
    {
      name: 'exceptions thrown and caught in a row',
      needs: 'exceptions',
      source: `(module ${head} (func $down (type $unary) ${times(500, 'try (throw $t) catch $t end')}) ${again()})`,
    },
    {
      name: 'handlers that work and throw again, all the way up',
      needs: 'exceptions',
      source: `(module ${head} (func $down (type $unary) ${otherwise} try ${call} catch_all ${work(6000)} (throw $t) end)
        ${again((call) => `try ${call} catch_all end`)})`,
    },
    {
      name: 'handlers of one exception that work and throw on, all the way up',
      needs: 'exceptions',
      source: `(module ${head} (func $down (type $unary) ${otherwise} try try ${call} delegate 0 catch $t ${work(6000)} rethrow 0 end)
        ${again((call) => `try ${call} catch_all end`)})`,
    },
    {
      name: 'blocks that exceptions lead to, all the way up',
      needs: 'try_table',
      source: `(module ${head} (func $down (type $unary) ${otherwise} (block $caught (try_table (catch $t $caught) ${call}) (return)) ${work(6000)} (throw $t))
        ${again((call) => `(block $out (try_table (catch_all $out) ${call}))`)})`,
    },
    {
      name: 'functions that exceptions lead out of, all the way up',
      needs: 'try_table',
      source: `(module ${head} (func $down (type $unary) ${whileAny(call)} (try_table (catch $t 0) (br_if 0 (i64.eqz (global.get $y))) ${work(6000)} (throw $t)))
        ${again()})`,
    },
    {
      name: 'a loop that exceptions lead to',
      needs: 'try_table',
      source: `(module ${head} (func $down (type $unary) (loop $again (try_table (catch $t $again) ${work(100)} (throw $t)))) ${again()})`,
    },
  ];
}
