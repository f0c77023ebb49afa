/** `wasi:random`: every kind of chance from the one source in the options, so that pinning that one pins all. */
import { PluginError } from '../../errors/index.js';
import { checkRange, LIST_SIZE, storeBytes } from './canonical.js';
import type { WasiContext } from './context.js';
import type { WasiFunctions } from './core-function.js';
import { coreFunction } from './core-function.js';
import type { Lowering } from './types.js';

/** Bytes of one call. A host function cannot be interrupted, and Web Crypto stops at the same number. */
const RANDOM_LIMIT = 65_536;

const U64_SIZE = 8;

/** The functions of `wasi:random`. */
export function randomFunctions({ options }: WasiContext): WasiFunctions {
  function randomBytes(length: number): Uint8Array {
    const bytes = options.random(length);
    if (bytes.byteLength !== length) {
      throw new PluginError(
        'HOST_BUG',
        `Cannot use the random source: asked for ${length} bytes, got ${bytes.byteLength}`,
      );
    }
    return bytes;
  }
  const randomU64 = () => {
    const bytes = randomBytes(U64_SIZE);
    return new DataView(bytes.buffer, bytes.byteOffset, U64_SIZE).getBigInt64(0, true);
  };

  const getBytes = coreFunction(['i64', 'i32'], (memory, len, resultPtr) => {
    checkRange(memory, 'result', resultPtr, LIST_SIZE, 4);
    if (len > RANDOM_LIMIT) {
      throw new PluginError('LIMIT_EXCEEDED', `Cannot make ${len} random bytes at once: the limit is ${RANDOM_LIMIT}`);
    }
    storeBytes(memory, resultPtr, randomBytes(Number(len)));
    return undefined;
  });
  const getU64 = coreFunction([], randomU64);

  return new Map<string, Lowering>([
    ['wasi:random/random#get-random-bytes', getBytes],
    ['wasi:random/random#get-random-u64', getU64],
    ['wasi:random/insecure#get-insecure-random-bytes', getBytes],
    ['wasi:random/insecure#get-insecure-random-u64', getU64],
    [
      'wasi:random/insecure-seed#insecure-seed',
      coreFunction(['i32'], (memory, resultPtr) => {
        checkRange(memory, 'result', resultPtr, 2 * U64_SIZE, U64_SIZE);
        memory.bytes().set(randomBytes(2 * U64_SIZE), resultPtr);
        return undefined;
      }),
    ],
  ]);
}
