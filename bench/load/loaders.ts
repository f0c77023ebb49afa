/** Ways from a file to the first answer. Each brings its library along when it is asked for, and only that. */
import type { Package } from './packages.js';

export interface Loader {
  /** From the file to the first answer. @returns nanoseconds. */
  load(built: Package): Promise<number>;
  close(): Promise<void>;
}

export const LOADERS = {
  'bare core module, by hand': async () => (await import('./load-bare.js')).bare(),
  'wasm-plugin, inline': async () => (await import('./load-ours.js')).ours('inline'),
  'wasm-plugin, thread': async () => (await import('./load-ours.js')).ours('thread'),
  'jco transpile and instantiate': async () => (await import('./load-jco.js')).jco(),
  'Extism createPlugin': async () => (await import('./load-extism.js')).extism(false),
  'Extism createPlugin, runInWorker': async () => (await import('./load-extism.js')).extism(true),
} as const satisfies Record<string, () => Promise<Loader>>;

export type LoaderName = keyof typeof LOADERS;

/** Time a contender, whose answer must not be empty. What it leaves to close is closed outside the clock. */
export async function timeFirstAnswer(load: () => Promise<Uint8Array>): Promise<number> {
  const start = process.hrtime.bigint();
  const answer = await load();
  const elapsed = Number(process.hrtime.bigint() - start);
  if (answer.byteLength === 0) {
    throw new Error('The plugin answered nothing');
  }
  return elapsed;
}
