import { ECHO, HOST, RELAY } from '../support/guests.js';
import type { Contender, Task } from './contender.js';

type CoreFunction = (...args: number[]) => number;

/** Node's types leave WebAssembly out without the DOM's. */
interface WebAssemblyApi {
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, Record<string, unknown>>,
  ): Promise<{ readonly instance: { readonly exports: Readonly<Record<string, unknown>> } }>;
}
const api = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;

const POINTER_WORD = 1;
const LENGTH_WORD = 2;

/** The row that every ratio refers to. */
export const BARE_CORE = 'bare core export';
export const BARE_CORE_AWAITED = 'bare core export, awaited';

/**
 * The least that any host must do: allocate, copy in, call, read the answer, copy out, free. No checks, no errors, no limits:
 * the module is trusted. Views are kept, and made anew when growth has emptied them.
 */
export const bareCore: Contender = {
  name: BARE_CORE,
  speed: 'fast',
  open: async (task) => ({ call: { kind: 'sync', run: await bareCall(task) } }),
};

/** The same behind a promise, as an API has it that must also serve instances in other threads. */
export const bareCoreAsync: Contender = {
  name: BARE_CORE_AWAITED,
  speed: 'fast',
  async open(task) {
    const run = await bareCall(task);
    return { call: { kind: 'async', run: async () => run() } };
  },
};

async function bareCall({ guests, work, message: { bytes: message } }: Task): Promise<() => Uint8Array> {
  const { instance } = await api.instantiate(guests.core, {
    [HOST]: {
      call(pointer: number, length: number, area: number): void {
        const answer = capability(bytes().slice(pointer, pointer + length));
        const at = store(answer);
        const view = words();
        bytes()[area] = 0;
        view[(area >> 2) + POINTER_WORD] = at;
        view[(area >> 2) + LENGTH_WORD] = answer.byteLength;
      },
    },
  });
  // The guest is ours: these exports are there and of these types.
  const { exports } = instance;
  const memory = exports.memory as { readonly buffer: ArrayBuffer };
  const hook = work === 'echo' ? ECHO : RELAY;
  const handle = exports[`${hook}#handle`] as CoreFunction;
  const post = exports[`cabi_post_${hook}#handle`] as CoreFunction;
  const realloc = exports.cabi_realloc as CoreFunction;
  let byteView = new Uint8Array(memory.buffer);
  let wordView = new Uint32Array(memory.buffer);

  function capability(request: Uint8Array): Uint8Array {
    return request;
  }

  function bytes(): Uint8Array {
    if (byteView.byteLength === 0) {
      byteView = new Uint8Array(memory.buffer);
    }
    return byteView;
  }

  function words(): Uint32Array {
    if (wordView.byteLength === 0) {
      wordView = new Uint32Array(memory.buffer);
    }
    return wordView;
  }

  function store(data: Uint8Array): number {
    const pointer = realloc(0, 0, 1, data.byteLength);
    bytes().set(data, pointer);
    return pointer;
  }

  function run(): Uint8Array {
    const area = handle(store(message), message.byteLength);
    const view = words();
    const pointer = view[(area >> 2) + POINTER_WORD]!;
    const payload = bytes().slice(pointer, pointer + view[(area >> 2) + LENGTH_WORD]!);
    post(area);
    return payload;
  }

  return run;
}
