import { expect, test } from 'vitest';
import { createWasi } from './index.js';

const options = {
  onLine: () => {},
  wallClock: () => ({ seconds: 0n, nanoseconds: 0 }),
  monotonicNow: () => 0n,
  random: (length: number) => new Uint8Array(length),
  env: new Map<string, string>(),
  args: [],
  sleep: () => {},
};

const absent = [
  ['wasi:filesystem/types', '[method]descriptor.stat'],
  ['wasi:clocks/timezone', 'display'],
  ['wasi:sockets/tcp', '[method]tcp-socket.start-bind'],
  ['wasi:http/outgoing-handler', 'handle'],
  ['wasi:cli/stdout@0.2.12', 'get-stdout'],
  ['wasi:cli', 'stdout#get-stdout'],
  ['wasi:cli/stdout', 'constructor'],
  ['', '__proto__'],
] as const;
for (const [iface, func] of absent) {
  test(`lower() has no ${iface} ${func}`, () => {
    expect(createWasi(options).lower(iface, func)).toBeUndefined();
  });
}

test('dropResource() traps for a handle that is no number', () => {
  const drop = createWasi(options).dropResource('wasi:io/streams', 'output-stream');
  expect(() => Reflect.apply(drop, undefined, [undefined])).toThrow(expect.objectContaining({ code: 'GUEST_TRAP' }));
});

for (const limits of [{ maxHandles: 0 }, { maxHandles: 1.5 }, { maxLineBytes: 3 }, { maxLineBytes: Number.NaN }]) {
  test(`createWasi() refuses ${JSON.stringify(limits)}`, () => {
    expect(() => createWasi({ ...options, ...limits })).toThrow(RangeError);
  });
}
