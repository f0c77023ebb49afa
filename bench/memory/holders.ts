/** Who holds instances in bench/memory.ts: each makes one when it is asked to, calls it once, and keeps it. */
import { buildCEcho } from '../../test/support/build-c.js';
import { buildJavaScriptLogEcho } from '../../test/support/build-javascript.js';
import { buildGuests, ECHO } from '../support/guests.js';

export interface MemoryTask {
  readonly holder: 'bare' | 'inline' | 'thread' | 'jco' | 'extism' | 'extism-worker';
  readonly guest: 'echo' | 'c' | 'quickjs';
  /** Instances after the first one. */
  readonly count: number;
}

export interface MemoryGuest {
  readonly component: Uint8Array;
  /** For Extism, where there is one. */
  readonly extism: Uint8Array;
  readonly hook: string;
  readonly request: Uint8Array;
}

/** Make one more instance that is kept, and call it. */
export type Hold = () => Promise<void>;

export const HOLDERS: Readonly<Record<MemoryTask['holder'], (guest: MemoryGuest) => Promise<Hold>>> = {
  bare: async (guest) => (await import('./hold-bare.js')).holdBare(guest),
  inline: async (guest) => (await import('./hold-ours.js')).holdInline(guest),
  thread: async (guest) => (await import('./hold-ours.js')).holdThread(guest),
  jco: async (guest) => (await import('./hold-jco.js')).holdJco(guest),
  extism: async (guest) => (await import('./hold-extism.js')).holdExtism(guest, false),
  'extism-worker': async (guest) => (await import('./hold-extism.js')).holdExtism(guest, true),
};

const REQUEST = Uint8Array.from({ length: 64 }, (_, i) => i);

export async function memoryGuest(name: MemoryTask['guest']): Promise<MemoryGuest> {
  const { component, extism } = await buildGuests();
  const acme = { extism, hook: 'acme:echo/echo@1.0.0', request: REQUEST };
  switch (name) {
    case 'echo':
      return { component, extism, hook: ECHO, request: REQUEST };
    case 'c':
      return { ...acme, component: await buildCEcho() };
    case 'quickjs':
      return { ...acme, component: await buildJavaScriptLogEcho() };
  }
}

/** What is measured must work. */
export function checkAnswer(answer: Uint8Array, { request }: MemoryGuest): void {
  if (Buffer.compare(answer, request) !== 0) {
    throw new Error(`The plugin answered ${answer.byteLength} bytes that are not those that were sent`);
  }
}
