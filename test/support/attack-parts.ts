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
