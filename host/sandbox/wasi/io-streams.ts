/**
 * `wasi:io/streams`. There are three streams: stdin, which is always at its end, and stdout and stderr, which are always ready and
 * take lines (line-sink.ts). The blocking forms are therefore the plain ones.
 *
 * Result areas (CanonicalABI.md, "Storing"):
 *
 *   result<list<u8>, stream-error>   0 tag | 4 pointer, 8 length        | 4 error tag, 8 error handle    size 12, align 4
 *   result<_, stream-error>          0 tag |                            | 4 error tag, 8 error handle    size 12, align 4
 *   result<u64, stream-error>        0 tag | 8 number                   | 8 error tag, 12 error handle   size 16, align 8
 */
import { checkRange, listBytes } from './canonical.js';
import type { WasiContext } from './context.js';
import type { WasiFunctions } from './core-function.js';
import { coreFunction } from './core-function.js';
import type { ResourceTable } from './resource-table.js';
import { trap } from './trap.js';
import type { GuestMemory, Lowering } from './types.js';

/**
 * Bytes that one call may write. The WIT text names 4096 for `blocking-write-and-flush`, and a host function cannot be interrupted
 * by a deadline, so no call gets more.
 */
const WRITE_LIMIT = 4096;

const RESULT_SIZE = 12;
const RESULT_ALIGN = 4;
const RESULT_PAYLOAD = 4;
const RESULT_U64_SIZE = 16;
const RESULT_U64_ALIGN = 8;
const RESULT_U64_PAYLOAD = 8;
const OK = 0;
const ERR = 1;
/** Second case of `stream-error`; the first, `last-operation-failed`, never happens here. */
const CLOSED = 1;

const zeroes = new Uint8Array(WRITE_LIMIT);

/** The functions of `wasi:io/streams`. */
export function streamFunctions(context: WasiContext): WasiFunctions {
  return new Map([...inputFunctions(context), ...outputFunctions(context)]);
}

/** Of streams that are at their end from the beginning; splicing from one into an output moves nothing either. */
function inputFunctions({ table }: WasiContext): WasiFunctions {
  const readAtEnd = coreFunction(['i32', 'i64', 'i32'], (memory, stream, _len, resultPtr) => {
    table.get('input-stream', stream);
    checkRange(memory, 'result', resultPtr, RESULT_SIZE, RESULT_ALIGN);
    storeClosed(memory, resultPtr, RESULT_PAYLOAD);
    return undefined;
  });
  const skipAtEnd = coreFunction(['i32', 'i64', 'i32'], (memory, stream, _len, resultPtr) => {
    table.get('input-stream', stream);
    checkRange(memory, 'result', resultPtr, RESULT_U64_SIZE, RESULT_U64_ALIGN);
    storeClosed(memory, resultPtr, RESULT_U64_PAYLOAD);
    return undefined;
  });
  const spliceAtEnd = coreFunction(['i32', 'i32', 'i64', 'i32'], (memory, output, input, _len, resultPtr) => {
    table.get('output-stream', output);
    table.get('input-stream', input);
    checkRange(memory, 'result', resultPtr, RESULT_U64_SIZE, RESULT_U64_ALIGN);
    storeClosed(memory, resultPtr, RESULT_U64_PAYLOAD);
    return undefined;
  });
  return new Map([
    ['wasi:io/streams#[method]input-stream.read', readAtEnd],
    ['wasi:io/streams#[method]input-stream.blocking-read', readAtEnd],
    ['wasi:io/streams#[method]input-stream.skip', skipAtEnd],
    ['wasi:io/streams#[method]input-stream.blocking-skip', skipAtEnd],
    ['wasi:io/streams#[method]input-stream.subscribe', subscribe(table, 'input-stream')],
    ['wasi:io/streams#[method]output-stream.splice', spliceAtEnd],
    ['wasi:io/streams#[method]output-stream.blocking-splice', spliceAtEnd],
  ]);
}

function outputFunctions({ table }: WasiContext): WasiFunctions {
  const checkWrite = coreFunction(['i32', 'i32'], (memory, stream, resultPtr) => {
    table.get('output-stream', stream);
    checkRange(memory, 'result', resultPtr, RESULT_U64_SIZE, RESULT_U64_ALIGN);
    memory.view().setUint8(resultPtr, OK);
    memory.view().setBigUint64(resultPtr + RESULT_U64_PAYLOAD, BigInt(WRITE_LIMIT), true);
    return undefined;
  });
  const write = coreFunction(['i32', 'i32', 'i32', 'i32'], (memory, stream, ptr, len, resultPtr) => {
    const { sink } = table.get('output-stream', stream);
    checkRange(memory, 'result', resultPtr, RESULT_SIZE, RESULT_ALIGN);
    checkWriteLength(len);
    sink.write(listBytes(memory, ptr, len));
    memory.view().setUint8(resultPtr, OK);
    return undefined;
  });
  const writeZeroes = coreFunction(['i32', 'i64', 'i32'], (memory, stream, len, resultPtr) => {
    const { sink } = table.get('output-stream', stream);
    checkRange(memory, 'result', resultPtr, RESULT_SIZE, RESULT_ALIGN);
    checkWriteLength(len);
    sink.write(zeroes.subarray(0, Number(len)));
    memory.view().setUint8(resultPtr, OK);
    return undefined;
  });
  // A flush asks for what was written to arrive. Whole lines already have; half a line waits for its end, or print by print
  // would become line by line.
  const flush = coreFunction(['i32', 'i32'], (memory, stream, resultPtr) => {
    table.get('output-stream', stream);
    checkRange(memory, 'result', resultPtr, RESULT_SIZE, RESULT_ALIGN);
    memory.view().setUint8(resultPtr, OK);
    return undefined;
  });
  return new Map([
    ['wasi:io/streams#[method]output-stream.check-write', checkWrite],
    ['wasi:io/streams#[method]output-stream.write', write],
    ['wasi:io/streams#[method]output-stream.blocking-write-and-flush', write],
    ['wasi:io/streams#[method]output-stream.flush', flush],
    ['wasi:io/streams#[method]output-stream.blocking-flush', flush],
    ['wasi:io/streams#[method]output-stream.subscribe', subscribe(table, 'output-stream')],
    ['wasi:io/streams#[method]output-stream.write-zeroes', writeZeroes],
    ['wasi:io/streams#[method]output-stream.blocking-write-zeroes-and-flush', writeZeroes],
  ]);
}

function subscribe(table: ResourceTable, kind: 'input-stream' | 'output-stream'): Lowering {
  return coreFunction(['i32'], (_memory, stream) => {
    table.get(kind, stream);
    return table.add({ kind: 'pollable', due: undefined });
  });
}

/** Store the error arm with `closed`; the area must have been checked. */
function storeClosed(memory: GuestMemory, resultPtr: number, payloadOffset: number): void {
  memory.view().setUint8(resultPtr, ERR);
  memory.view().setUint8(resultPtr + payloadOffset, CLOSED);
}

function checkWriteLength(len: number | bigint): void {
  if (len > WRITE_LIMIT) {
    throw trap(`Cannot write ${len} bytes at once: check-write allows ${WRITE_LIMIT}`);
  }
}
