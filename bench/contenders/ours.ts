import {
  createHost,
  defineHook,
  type HostCapability,
  type HostOptions,
  provide,
  provideRaw,
} from '../../host/index.js';
import { compileComponent } from '../../host/sandbox/index.js';
import { quietOptions } from '../../test/support/text-plugin.js';
import { type BenchGuests, ECHO, HOST, packGuest, RELAY } from '../support/guests.js';
import { messageSchema } from '../support/message.js';
import type { Contender } from './contender.js';

export const OURS_RAW = 'wasm-plugin, callRaw';
export const OURS_RAW_SYNC = 'wasm-plugin, callRawSync';

const messages = { request: messageSchema, response: messageSchema };
const typed = provide(defineHook(HOST, messages), ({ data }) => ({ data }));
const raw = provideRaw(HOST, (bytes) => bytes);

/** What `callRaw` is made of: no promise, no plugin around it, bytes for the capability. Not public API. */
export const oursSandbox: Contender = {
  name: 'wasm-plugin, sandbox alone',
  speed: 'fast',
  async open({ guests, work, message: { bytes } }) {
    const compiled = await compileComponent(guests.component);
    const capabilities = new Map([[HOST.split('@')[0]!, (payload: Uint8Array) => ({ ok: true, payload })]]);
    const instance = compiled.instantiate(quietOptions({ capabilities }));
    const hook = work === 'echo' ? ECHO : RELAY;
    return { call: { kind: 'sync', run: () => instance.call(hook, bytes).payload } };
  },
};

/** Bytes in, bytes out, for the hook and for the capability; the deadline is armed, as always. */
export const oursRaw: Contender = rawCalls(OURS_RAW, 'fast', {});
/** A pool's instance is not kept, but made for the call. */
export const oursFresh: Contender = rawCalls('wasm-plugin, callRaw, fresh instances', 'slow', {
  pool: { fresh: true },
});
/** In a thread, where the capability could also answer later. */
export const oursThread: Contender = rawCalls('wasm-plugin, callRaw, thread', 'worker', { isolation: 'thread' });
/** Two threads, one of which is idle: what it costs to choose. */
export const oursPool: Contender = rawCalls('wasm-plugin, callRaw, pool of 2 threads', 'worker', {
  isolation: 'thread',
  pool: { size: 2 },
});

/** The same without a promise, which at this size costs as much as the call. */
export const oursRawSync: Contender = rawCallsSync(OURS_RAW_SYNC, {});
/** With every unit of work counted. */
export const oursFuel: Contender = rawCallsSync('wasm-plugin, callRawSync, fuel', {
  limits: { fuel: Number.MAX_SAFE_INTEGER },
});

/** The same message as a value: checked, encoded, sent, answered, decoded, checked; so is what the capability gets and gives. */
export const oursTyped: Contender = {
  name: 'wasm-plugin, call (typed)',
  speed: 'fast',
  async open({ guests, work, message: { value } }) {
    const { plugin, close } = await load(guests, typed);
    const hook = defineHook(work === 'echo' ? ECHO : RELAY, messages);
    const run = async (): Promise<Uint8Array> => (await plugin.call(hook, value)).data;
    return { call: { kind: 'async', run }, expected: value.data, close };
  },
};

function rawCalls(name: string, speed: Contender['speed'], options: HostOptions): Contender {
  return {
    name,
    speed,
    async open({ guests, work, message: { bytes } }) {
      const { plugin, close } = await load(guests, raw, options);
      const hook = work === 'echo' ? ECHO : RELAY;
      return { call: { kind: 'async', run: () => plugin.callRaw(hook, bytes) }, close };
    },
  };
}

function rawCallsSync(name: string, options: HostOptions): Contender {
  return {
    name,
    speed: 'fast',
    async open({ guests, work, message: { bytes } }) {
      const { plugin, close } = await load(guests, raw, options);
      const hook = work === 'echo' ? ECHO : RELAY;
      return { call: { kind: 'sync', run: () => plugin.callRawSync(hook, bytes) }, close };
    },
  };
}

/** A plugin in a host of its own: one that is called while another one is measured would share nothing anyway. */
async function load({ component }: BenchGuests, capability: HostCapability, options: HostOptions = {}) {
  const host = await createHost({ ...options, capabilities: [capability] });
  const plugin = await host.load(packGuest(component));
  return { plugin, close: () => host.close() };
}
