import { readFile } from 'node:fs/promises';
import { HOST } from '../support/guests.js';
import { wasm } from '../support/web-assembly.js';
import { type Loader, timeFirstAnswer } from './loaders.js';

/** Read, compile, instantiate, and copy by hand: no component, no package, no checks. */
export function bare(): Loader {
  return {
    load: ({ core, hook, request }) =>
      timeFirstAnswer(async () => {
        const module = new wasm.Module(await readFile(core!));
        const { exports } = new wasm.Instance(module, { [HOST]: { call: () => undefined } });
        const memory = exports.memory as { readonly buffer: ArrayBuffer };
        const realloc = exports.cabi_realloc as (...args: number[]) => number;
        const handle = exports[`${hook}#handle`] as (pointer: number, length: number) => number;
        const pointer = realloc(0, 0, 1, request.byteLength);
        new Uint8Array(memory.buffer).set(request, pointer);
        const area = new Uint32Array(memory.buffer, handle(pointer, request.byteLength), 3);
        return new Uint8Array(memory.buffer).slice(area[1], area[1]! + area[2]!);
      }),
    close: async () => {},
  };
}
