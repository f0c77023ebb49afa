/** What a program sees of the host without any grant: nothing. And what it cannot do to it: end it, or hold it up. */
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildCSurroundings } from '../support/build-c.js';
import { openGuest } from '../support/sandbox-guest.js';

const HOOK = 'acme:echo/echo@1.0.0';
const ask = (text: string) => new TextEncoder().encode(text);

let component: Uint8Array;
beforeAll(async () => {
  component = await buildCSurroundings();
});

function textOf({ payload }: { readonly payload: Uint8Array }): string {
  return new TextDecoder().decode(payload);
}

test('a program sees no variable, argument, folder, file, terminal, input, clock or chance of the host', async () => {
  const { instance } = await openGuest(component);
  const seen = textOf(instance.call(HOOK, ask('look')));
  expect(seen).toBe(
    'environ=0 argc=0/0 preopens=0 cwd=/ passwd=No such file or directory relative=No such file or directory ' +
      'written=No such file or directory stdin-end=1 tty=0 random=0707 wall=1000.000000000 monotonic=0.001000000',
  );
  expect(existsSync('/tmp/wasm-plugin-escape')).toBe(false);
});

test('a program sees the variables and arguments that it is given', async () => {
  const { instance } = await openGuest(component, {
    wasi: {
      env: new Map([
        ['LANG', 'C'],
        ['EMPTY', ''],
      ]),
      args: ['plugin', '--flag'],
    },
  });
  expect(textOf(instance.call(HOOK, ask('look')))).toContain('environ=2 argc=2/0 preopens=0');
});

describe('a program that ends itself', () => {
  const ways = [
    // The preview1 adapter only knows success and failure.
    { request: 'exit 3', code: 'GUEST_EXIT' },
    { request: 'exit 0', code: 'GUEST_EXIT' },
    { request: 'abort', code: 'GUEST_TRAP' },
  ];
  for (const { request, code } of ways) {
    test(`with ${request} ends its instance with ${code}, and neither the host nor another instance`, async () => {
      const { instance } = await openGuest(component);
      const other = await openGuest(component);
      expect(() => instance.call(HOOK, ask(request))).toThrow(expect.objectContaining({ code }));
      expect(instance.failure?.code).toBe(code);
      expect(() => instance.call(HOOK, ask('look'))).toThrow(expect.objectContaining({ code: 'PLUGIN_CLOSED' }));
      expect(textOf(other.instance.call(HOOK, ask('look')))).toContain('environ=0');
    });
  }

  test('has its last, unfinished line printed', async () => {
    const { instance, lines } = await openGuest(component);
    expect(() => instance.call(HOOK, ask('exit 3'))).toThrow(expect.objectContaining({ code: 'GUEST_EXIT' }));
    expect(lines).toEqual(['stdout: leaving']);
  });
});

test('a program that prints a very long line has it cut, not lost', async () => {
  const { instance, lines } = await openGuest(component);
  expect(textOf(instance.call(HOOK, ask('print long')))).toBe('printed');
  expect(lines.map((line) => line.length - 'stdout: '.length)).toEqual([8192, 10_000 - 8192, 'end'.length]);
});

describe('a program that sleeps', () => {
  test('may sleep as long as a call may wait', async () => {
    const { instance } = await openGuest(component);
    expect(textOf(instance.call(HOOK, ask('sleep short')))).toBe('slept 0');
  });

  test('is woken and stopped when its time is up', async () => {
    const { instance } = await openGuest(component);
    expect(() => instance.call(HOOK, ask('sleep long'), { deadlineMs: 50 })).toThrow(
      expect.objectContaining({ code: 'DEADLINE_EXCEEDED' }),
    );
  });
});
