import { createHost, provideRaw } from '../../host/index.js';
import { HOST } from '../support/guests.js';
import { type Loader, timeFirstAnswer } from './loaders.js';

/** Ours: the host is made within the time, too. */
export function ours(isolation: 'inline' | 'thread'): Loader {
  let close = async (): Promise<void> => {};
  return {
    load: ({ sif, hook, request }) =>
      timeFirstAnswer(async () => {
        const host = await createHost({ isolation, capabilities: [provideRaw(HOST, (bytes) => bytes)] });
        close = () => host.close();
        return (await host.load(sif)).callRaw(hook, request);
      }),
    close: () => close(),
  };
}
