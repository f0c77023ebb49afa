import type { Contender } from './contender.js';

/** No plugin: what a function costs with the same copies, into memory that is kept and out of it. */
export const plainFunction: Contender = {
  name: 'plain function, same copies',
  speed: 'fast',
  async open({ work, message: { bytes } }) {
    const memory = new Uint8Array(bytes.byteLength);
    const inAndOut = (data: Uint8Array): Uint8Array => {
      memory.set(data);
      return memory.slice();
    };
    return {
      call: { kind: 'sync', run: work === 'echo' ? () => inAndOut(bytes) : () => inAndOut(inAndOut(bytes)) },
    };
  },
};
