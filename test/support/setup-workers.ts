import { buildWorkers } from '../../scripts/build-workers.mjs';

/** Before any test: the sandbox's threads run built files, which must be those of the sources that are tested. */
export async function setup(): Promise<void> {
  await buildWorkers('dist/workers');
}
