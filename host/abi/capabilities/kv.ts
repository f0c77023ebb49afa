import { bin, bool, doc, list, oneOf, optional, str, struct } from '../builders.js';
import { defineHook } from '../hook.js';

export const kv = defineHook('wasm-plugin:host/kv@1.0.0', {
  doc: "The plugin's own durable key-value store.",
  request: struct('KvRequest', {
    op: oneOf('get', 'set', 'delete', 'list'),
    key: doc('With get, set and delete.', optional(str)),
    value: doc('With set.', optional(bin)),
    prefix: doc('With list; absent: all keys.', optional(str)),
  }),
  response: struct('KvResponse', {
    found: doc('With get and delete: whether the key was there.', optional(bool)),
    value: doc('With get.', optional(bin)),
    keys: doc('With list, sorted.', optional(list(str))),
  }),
});
