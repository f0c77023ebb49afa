import type { Contender } from './contender.js';

/** No plugin: what a function and the same copies cost. */
export const plainFunction: Contender = {
  name: 'plain function, same copies',
  speed: 'fast',
  async open({ work, message: { bytes } }) {
    const inAndOut = (data: Uint8Array): Uint8Array => data.slice().slice();
    return {
      call: { kind: 'sync', run: work === 'echo' ? () => inAndOut(bytes) : () => inAndOut(inAndOut(bytes)) },
    };
  },
};
