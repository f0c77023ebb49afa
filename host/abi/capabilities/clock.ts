import { doc, int, oneOf, struct } from '../builders.js';
import { defineHook } from '../hook.js';

export const clock = defineHook('wasm-plugin:host/clock@1.0.0', {
  doc: 'Read a clock.',
  request: struct('ClockRequest', {
    clock: doc('`wall` counts from 1970-01-01 UTC, `monotonic` from an arbitrary point.', oneOf('wall', 'monotonic')),
  }),
  response: struct('ClockResponse', {
    seconds: int,
    nanoseconds: doc('Below 1,000,000,000.', int),
  }),
});
