/** Parts of attackers that several limits are tried with. */
import { type HostCapability, provideRaw } from '../../host/index.js';
import { wasm } from '../../host/sandbox/web-assembly.js';
import type { Attacker } from './siege.js';

/** Whether a function that ends in a tail call is valid: not in Node 20. */
const TAIL_CALL = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 0x12, 0, 0x0b];

export const supports = { tailCalls: wasm.validate(Uint8Array.from(TAIL_CALL)) };

/** A plugin that imports WASI's monotonic clock and waits for it. */
export const SLEEP = {
  before: `
    (type $poll (instance
      (export "pollable" (type $p (sub resource)))
      (export "[method]pollable.block" (func (param "self" (borrow $p))))))
    (import "wasi:io/poll@0.2.3" (instance $poll (type $poll)))
    (alias export $poll "pollable" (type $pollable))
    (type $clock (instance
      (alias outer 1 $pollable (type $outer))
      (export "pollable" (type $p (eq $outer)))
      (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
    (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock (type $clock)))
    (core func $block (canon lower (func $poll "[method]pollable.block")))
    (core func $subscribe (canon lower (func $clock "subscribe-duration")))
    (core func $drop (canon resource.drop $pollable))
    (core instance $extra (export "block" (func $block)) (export "subscribe" (func $subscribe)) (export "drop" (func $drop)))`,
  with: '(with "extra" (instance $extra))',
  imports: `
    (import "extra" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "extra" "block" (func $block (param i32)))
    (import "extra" "drop" (func $drop (param i32)))
    (func $sleep (param $ns i64) (local $pollable i32)
      (local.set $pollable (call $subscribe (local.get $ns)))
      (call $block (local.get $pollable))
      (call $drop (local.get $pollable)))`,
  forDays: '(call $sleep (i64.const 864000000000000))',
  forMoment: '(call $sleep (i64.const 50000))',
} as const satisfies Attacker & Record<'forDays' | 'forMoment', string>;

/** A capability that says when `ms` have passed since it was first asked in a call, and an attack that works until then. */
export function workingFor(ms: number): { readonly capability: HostCapability; readonly attack: string } {
  let since: number | undefined;
  const capability = provideRaw('acme:time/passed@1.0.0', () => {
    since ??= performance.now();
    const passed = performance.now() - since >= ms;
    if (passed) {
      since = undefined;
    }
    return new Uint8Array(passed ? 1 : 0);
  });
  // The answer's length is in the result area.
  const attack = `(loop $again
    (call $call (i32.const 0) (i32.const 0) (i32.const 2048))
    (br_if $again (i32.eqz (i32.load (i32.const 2056)))))`;
  return { capability, attack };
}

/** A plugin that imports WASI's standard output: `(call $print (ptr) (len))`. */
export const STDOUT = {
  before: `
    (type $error (instance (export "error" (type (sub resource)))))
    (import "wasi:io/error@0.2.3" (instance $error (type $error)))
    (alias export $error "error" (type $e))
    (type $streams (instance
      (alias outer 1 $e (type $e0)) (export "error" (type $error (eq $e0)))
      (export "output-stream" (type $out (sub resource)))
      (type $v (variant (case "last-operation-failed" (own $error)) (case "closed")))
      (export "stream-error" (type $stream-error (eq $v)))
      (type $bytes (list u8)) (type $done (result (error $stream-error)))
      (export "[method]output-stream.blocking-write-and-flush"
        (func (param "self" (borrow $out)) (param "contents" $bytes) (result $done)))))
    (import "wasi:io/streams@0.2.3" (instance $streams (type $streams)))
    (alias export $streams "output-stream" (type $out))
    (type $stdout (instance
      (alias outer 1 $out (type $o)) (export "output-stream" (type $out (eq $o)))
      (export "get-stdout" (func (result (own $out))))))
    (import "wasi:cli/stdout@0.2.3" (instance $stdout (type $stdout)))
    (core func $get (canon lower (func $stdout "get-stdout")))
    (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $memory)))
    (core instance $extra (export "get" (func $get)) (export "write" (func $write)))`,
  with: '(with "extra" (instance $extra))',
  imports: `
    (import "extra" "get" (func $get (result i32)))
    (import "extra" "write" (func $write (param i32 i32 i32 i32)))
    (global $out (mut i32) (i32.const -1))
    (func $print (param $ptr i32) (param $len i32)
      (if (i32.eq (global.get $out) (i32.const -1)) (then (global.set $out (call $get))))
      (call $write (global.get $out) (local.get $ptr) (local.get $len) (i32.const 2048)))`,
} as const satisfies Attacker;
