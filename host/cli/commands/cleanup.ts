import { cleanupStale, listInstances, removeInstance, statusOf } from '../../engine/index.js';
import { escapeControls, quote } from '../../errors/index.js';
import { instanceBase } from '../container/detach.js';
import type { RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { failed } from '../failure.js';

/** `cleanup`: a line for each thing removed, and what lives stays. */
export const run: RunCommand = async ({ io }, { options }) => {
  try {
    const base = instanceBase(io);
    const say = (text: string): void => io.stdout.write(`Removed ${escapeControls(text)}\n`);
    for (const path of cleanupStale(base)) say(`the folder of a run: ${path}`);
    for (const instance of listInstances(base)) {
      const { id, exit } = instance.record;
      const lost = statusOf(instance.record) === 'lost';
      if (!lost && !(options.has('all') && exit !== undefined)) continue;
      removeInstance(instance);
      say(`record and log of ${quote(id)}, ${lost ? 'which was lost' : `which exited with code ${exit?.code}`}`);
    }
    return EXIT_OK;
  } catch (error) {
    throw failed('Failed to clean up', error);
  }
};
