/**
 * Room on the stack for the host, whoever calls it from how deep inside a guest.
 *
 * A host function that the guest calls runs on the guest's stack. Without a reserve the guest could choose where in the host's own
 * code the stack ends: between taking a lock and giving it back, say. So each call out of a guest first enters a generated
 * function with a frame of 32 KiB, twice. V8 compares the stack's end with a frame of that size before it makes it, and
 * traps if it does not fit; it does not touch the room, so asking takes some 10 ns.
 *
 *   (func $reserve (param $step i32)
 *     (if (i32.gt_u (local.get $step) (i32.const 1))
 *       (then  ;; never taken: 4096 values that live across a call, each with a place of its own in the frame
 *         (i64.store (i32.const 0) (i64.add (i64.load …) (i64.add … )) with (call $reserve (i32.const 0)) in the middle))
 *       (else (if (local.get $step) (then (call $reserve (i32.const 0)))))))
 *
 * The inner call is what makes the outer one need its frame, which an optimising compiler would leave out otherwise.
 */
import { concat, leb, section, text } from './wasm-bytes.js';
import { wasm } from './web-assembly.js';

/** Throws a RangeError (`Maximum call stack size exceeded`) if the stack has less than 64 KiB; takes 1. */
export type Reserve = (step: 1) => void;

const SLOTS = 4096;
const SLOT_SIZE = 8;

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const EXPORT = 'reserve';
const I32 = 0x7f;
const FUNC_TYPE = 0x60;
const FUNC_KIND = 0x00;
const NO_RESULT = 0x40;
const IF = 0x04;
const ELSE = 0x05;
const END = 0x0b;
const CALL = 0x10;
const LOCAL_GET = 0x20;
const I64_LOAD = 0x29;
const I64_STORE = 0x37;
const I32_CONST = 0x41;
const I32_GT_U = 0x4b;
const I64_ADD = 0x7c;
const ALIGN_8 = 3;
const CONTINUED = 0x80;

let reserve: Reserve | undefined;

/** The one of this thread. Made on the first use; V8 shares its code among threads. */
export function stackReserve(): Reserve {
  reserve ??= new wasm.Instance(new wasm.Module(buildReserve()), {}).exports[EXPORT] as Reserve;
  return reserve;
}

function buildReserve(): Uint8Array {
  const callItself = [I32_CONST, 0, CALL, 0];
  const body = concat([
    [0],
    [LOCAL_GET, 0, I32_CONST, 1, I32_GT_U, IF, NO_RESULT],
    [I32_CONST, 0],
    loadsOfAll(),
    callItself,
    new Uint8Array(SLOTS - 1).fill(I64_ADD),
    [I64_STORE, ALIGN_8, 0],
    [ELSE, LOCAL_GET, 0, IF, NO_RESULT, ...callItself, END, END],
    [END],
  ]);
  return concat([
    PREAMBLE,
    section(1, [[1, FUNC_TYPE, 1, I32, 0]]),
    section(3, [[1, 0]]),
    section(5, [[1, 0, 1]]),
    section(7, [[1], text(EXPORT), [FUNC_KIND, 0]]),
    section(10, [[1], leb(body.byteLength), body]),
  ]);
}

/** One loop over one array: this is on the way to a process's first answer. */
function loadsOfAll(): Uint8Array {
  // Offsets of three bytes, whatever they are: LEB128 may be padded.
  const load = Buffer.from([LOCAL_GET, 0, I64_LOAD, ALIGN_8, CONTINUED, CONTINUED, 0]);
  const loads = Buffer.alloc(SLOTS * load.length, load);
  for (let slot = 0; slot < SLOTS; slot++) {
    const at = slot * load.length;
    const offset = slot * SLOT_SIZE;
    loads[at + 4]! |= offset & 0x7f;
    loads[at + 5]! |= (offset >> 7) & 0x7f;
    loads[at + 6] = offset >> 14;
  }
  return loads;
}
