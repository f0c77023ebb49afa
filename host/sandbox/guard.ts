/**
 * A generated core module that stands between the guest and every host function:
 *
 *   (func (export "0") (param i32 i32 i32)
 *     i32.const 1  call $reserve
 *     try  local.get 0  local.get 1  local.get 2  call $host0
 *     catch_all  unreachable
 *     end)
 *
 * It does three things that a JavaScript function cannot. Whatever the host throws becomes a trap, which no `catch_all` of
 * the guest can catch: a limit or an exit that the guest could swallow would be none. Its exports have core types, so
 * V8 refuses to link a module that imports them with others; it would link a JavaScript function to anything. And a guest that has
 * left too little of the stack ends before any of the host's code runs (stack-reserve.ts).
 * The code depends on signatures alone; nothing of it comes from the guest.
 */
import type { CoreSignature, CoreType } from '../component/index.js';
import { concat, leb, section, text } from './wasm-bytes.js';

/** Module name of the guard's imports; their names and those of its exports are the index in decimal. */
export const GUARD_IMPORT = 'host';
/** Name of the import from {@link GUARD_IMPORT} that is a `Reserve`. */
export const RESERVE_IMPORT = 'reserve';

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const TYPE_CODE: Record<CoreType, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };
const FUNC_TYPE = 0x60;
const FUNC_KIND = 0x00;
const NO_RESULT = 0x40;
const TRY = 0x06;
const CATCH_ALL = 0x19;
const UNREACHABLE = 0x00;
const CALL = 0x10;
const LOCAL_GET = 0x20;
const I32_CONST = 0x41;
const END = 0x0b;

/**
 * Write the guard for functions of these signatures.
 *
 * @param signatures - one for each function, in order; at most one result each, as flattening gives.
 */
export function buildGuard(signatures: readonly CoreSignature[]): Uint8Array {
  const types = new Map<string, number>();
  const typeIndex = (signature: CoreSignature): number => {
    const key = String.fromCharCode(...encodeType(signature));
    const index = types.get(key) ?? types.size;
    types.set(key, index);
    return index;
  };
  const typeOf = signatures.map(typeIndex);
  const reserveType = typeIndex({ parameters: ['i32'], results: [] });
  const reserve = signatures.length;
  const importOf = (name: string, type: number): Uint8Array =>
    concat([text(GUARD_IMPORT), text(name), [FUNC_KIND], leb(type)]);
  const typeEntries = [...types.keys()].map((key) => Uint8Array.from(key, (char) => char.charCodeAt(0)));
  const each = (encode: (index: number) => Uint8Array): Uint8Array[] => signatures.map((_, i) => encode(i));
  const count = leb(signatures.length);
  return concat([
    PREAMBLE,
    section(1, [leb(typeEntries.length), ...typeEntries]),
    section(2, [
      leb(reserve + 1),
      ...each((i) => importOf(String(i), typeOf[i]!)),
      importOf(RESERVE_IMPORT, reserveType),
    ]),
    section(3, [count, ...typeOf.map((type) => leb(type))]),
    section(7, [count, ...each((i) => concat([text(String(i)), [FUNC_KIND], leb(reserve + 1 + i)]))]),
    section(10, [count, ...each((i) => encodeBody(signatures[i]!, i, reserve))]),
  ]);
}

function encodeType({ parameters, results }: CoreSignature): number[] {
  const codes = (list: readonly CoreType[]): number[] => [list.length, ...list.map((type) => TYPE_CODE[type])];
  return [FUNC_TYPE, ...codes(parameters), ...codes(results)];
}

function encodeBody({ parameters, results }: CoreSignature, target: number, reserve: number): Uint8Array {
  const [result] = results;
  const body = concat([
    [0x00],
    [I32_CONST, 1, CALL, ...leb(reserve)],
    [TRY, result === undefined ? NO_RESULT : TYPE_CODE[result]],
    parameters.flatMap((_, i) => [LOCAL_GET, ...leb(i)]),
    [CALL, ...leb(target)],
    [CATCH_ALL, UNREACHABLE, END],
    [END],
  ]);
  return concat([leb(body.byteLength), body]);
}
