import type { GuestMemory, WasiOptions } from '../../host/sandbox/wasi/index.js';
import { createWasi, GuestExit } from '../../host/sandbox/wasi/index.js';

const MEMORY_SIZE = 0x1_0000;
/** Where `realloc` starts to hand out memory; tests keep their own areas below. */
export const HEAP = 0x8000;
/** What untouched memory holds, so that a stray write shows. */
const MARKER = 0xaa;

/** A guest without code: its memory is an ArrayBuffer, and what passes between it and the host becomes a text trace. */
export interface FakeGuest {
  readonly memory: GuestMemory;
  /** Host calls with their outcome, allocations and lines of output, in order. */
  readonly trace: string[];
  /** Call a WASI function as a core module would. Errors end up in the trace. */
  call(name: string, ...args: (number | bigint)[]): number | bigint | undefined;
  /** `resource.drop` of a handle. */
  drop(resource: string, handle: number): void;
  /** End of a hook call. */
  flush(): void;
  put(at: number, bytes: Uint8Array | readonly number[]): void;
  text(at: number): string;
  /** Everything that was written since the start or the last `put`, as `address: hex bytes`. */
  writes(): string[];
}

/** What the fake's allocator does; `detach` grows the memory, so that views from before are worthless. */
export type ReallocMode = 'normal' | 'detach' | 'null' | 'past-the-end' | 'unaligned';

/** Make a fake guest with pinned clocks (wall 1000.5 s, monotonic 5,000,000 ns) and counting random bytes. */
export function createFakeGuest(options: Partial<WasiOptions> = {}, mode: ReallocMode = 'normal'): FakeGuest {
  const trace: string[] = [];
  let buffer = new ArrayBuffer(MEMORY_SIZE);
  let expected = new Uint8Array(MEMORY_SIZE).fill(MARKER);
  new Uint8Array(buffer).fill(MARKER);
  let heapEnd = HEAP;

  const memory: GuestMemory = {
    bytes: () => new Uint8Array(buffer),
    view: () => new DataView(buffer),
    realloc(oldPtr, oldSize, align, newSize) {
      const ptr = Math.ceil(heapEnd / align) * align;
      heapEnd = ptr + newSize;
      if (mode === 'detach') {
        buffer = structuredClone(buffer, { transfer: [buffer] });
      }
      const answers = {
        normal: ptr,
        detach: ptr,
        null: 0,
        'past-the-end': MEMORY_SIZE - newSize + align,
        unaligned: ptr + 1,
      };
      trace.push(`realloc(${oldPtr}, ${oldSize}, ${align}, ${newSize}) -> ${answers[mode]}`);
      return answers[mode];
    },
  };
  const wasi = createWasi({
    onLine: (stream, line) => trace.push(`${stream}: ${line}`),
    wallClock: () => ({ seconds: 1_000n, nanoseconds: 500_000_000 }),
    monotonicNow: () => 5_000_000n,
    random: (length) => Uint8Array.from({ length }, (_, i) => i + 1),
    sleep: (ms) => trace.push(`sleep ${ms} ms`),
    env: new Map(),
    args: [],
    ...options,
  });

  function traced(call: string, run: () => number | bigint | undefined): number | bigint | undefined {
    try {
      const result = run();
      trace.push(result === undefined ? call : `${call} -> ${result}`);
      return result;
    } catch (error) {
      trace.push(`${call} !! ${describe(error)}`);
      return undefined;
    }
  }

  return {
    memory,
    trace,
    call(name, ...args) {
      const [iface = '', func = ''] = name.split('#');
      const lowering = wasi.lower(iface, func);
      if (lowering === undefined) {
        throw new Error(`No such WASI function: ${name}`);
      }
      return traced(`${func}(${args.join(', ')})`, () => lowering(memory)(...args));
    },
    drop(resource, handle) {
      traced(`drop ${resource}(${handle})`, () => {
        wasi.dropResource('', resource)(handle);
        return undefined;
      });
    },
    flush: () => wasi.flush(),
    put(at, bytes) {
      memory.bytes().set(bytes, at);
      expected = memory.bytes().slice();
    },
    text(at) {
      const ptr = memory.view().getUint32(at, true);
      const len = memory.view().getUint32(at + 4, true);
      return new TextDecoder().decode(memory.bytes().subarray(ptr, ptr + len));
    },
    writes: () => differences(expected, memory.bytes()),
  };
}

function describe(error: unknown): string {
  if (error instanceof GuestExit) {
    return `exit ${error.code}`;
  }
  if (error instanceof Error && 'code' in error) {
    return `${error.code} ${error.message}`;
  }
  throw error;
}

function differences(before: Uint8Array, after: Uint8Array): string[] {
  const runs: { at: number; bytes: string[] }[] = [];
  after.forEach((byte, at) => {
    if (byte === before[at]) {
      return;
    }
    const last = runs.at(-1);
    const hex = byte.toString(16).padStart(2, '0');
    if (last !== undefined && last.at + last.bytes.length === at) {
      last.bytes.push(hex);
    } else {
      runs.push({ at, bytes: [hex] });
    }
  });
  return runs.map(({ at, bytes }) => `${at}: ${bytes.join(' ')}`);
}
