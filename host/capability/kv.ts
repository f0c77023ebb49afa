import { capabilities } from '../abi/index.js';
import { PluginError } from '../errors/index.js';
import type { SyncCapability } from '../sandbox/index.js';
import { Refusal } from './answer.js';
import { capability } from './define.js';

/** A plugin's private store. Values are copies both ways; `set` throws PluginError `LIMIT_EXCEEDED` above the quota. */
export interface KeyValueStore {
  get(key: string): Uint8Array | undefined;
  set(key: string, value: Uint8Array): void;
  delete(key: string): boolean;
  /** Keys that start with `prefix`, sorted. */
  list(prefix: string): string[];
}

/** `wasm-plugin:host/kv`. */
export function kvCapability(store: KeyValueStore): SyncCapability {
  return capability(capabilities.kv, ({ op, key, value, prefix }) => {
    if (op === 'list') {
      return { found: true, keys: store.list(prefix ?? '') };
    }
    if (key === undefined || key === '') {
      throw new Refusal('invalid', `Cannot ${op} without a key`);
    }
    switch (op) {
      case 'get': {
        const found = store.get(key);
        return found === undefined ? { found: false } : { found: true, value: found };
      }
      case 'set':
        if (value === undefined) {
          throw new Refusal('invalid', 'Cannot set a key without a value');
        }
        return limited(() => {
          store.set(key, value);
          return { found: true };
        });
      case 'delete':
        return { found: store.delete(key) };
    }
  });
}

/** A full store is for the guest to handle; a broken one is not. */
function limited<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (error instanceof PluginError && error.code === 'LIMIT_EXCEEDED') {
      throw new Refusal('limit', error.message);
    }
    throw error;
  }
}

/** What an entry counts beside its key and value, so that empty ones cannot be endless; the durable store has the same number. */
const ENTRY_COST_BYTES = 64;

/**
 * A store that lives as long as the plugin is loaded: for embedders who give no durable one.
 *
 * @param quotaBytes - bound on keys and values together; every entry counts 64 bytes more.
 */
export function memoryStore(quotaBytes: number): KeyValueStore {
  const entries = new Map<string, Uint8Array>();
  const sizeOf = (key: string, value: Uint8Array): number =>
    Buffer.byteLength(key) + value.byteLength + ENTRY_COST_BYTES;
  let used = 0;
  return {
    get: (key) => entries.get(key)?.slice(),
    set(key, value) {
      const before = entries.get(key);
      const after = used - (before === undefined ? 0 : sizeOf(key, before)) + sizeOf(key, value);
      if (after > quotaBytes) {
        throw new PluginError('LIMIT_EXCEEDED', `Cannot store ${after} bytes: the quota is ${quotaBytes}`);
      }
      used = after;
      entries.set(key, value.slice());
    },
    delete(key) {
      const before = entries.get(key);
      if (before === undefined) {
        return false;
      }
      used -= sizeOf(key, before);
      return entries.delete(key);
    },
    list: (prefix) => [...entries.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
}
