/** Whatever happens to an instance in a thread, and when: every call settles, and so does closing it. */
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { PluginError } from '../../host/errors/index.js';
import type { CompiledComponent } from '../../host/sandbox/index.js';
import { compileComponent } from '../../host/sandbox/index.js';
import { ECHO, quietOptions, SCORE, textPlugin } from '../support/text-plugin.js';

const ASK = '(call $call (local.get $ptr) (local.get $len) (i32.const 2048))';
const GUESTS = {
  answers: ECHO,
  traps: 'unreachable',
  loops: '(loop $l (br $l)) unreachable',
  asks: `${ASK} ${ASK} ${ECHO}`,
} as const;
const ENDS = ['nothing', 'deadline', 'abort', 'close', 'kill'] as const;
const CODES = [
  'GUEST_TRAP',
  'DEADLINE_EXCEEDED',
  'CALL_ABORTED',
  'PLUGIN_CLOSED',
  'PLUGIN_BUSY',
  'THREAD_FAILED',
  'HOST_BUG',
];
const PATIENCE_MS = 120_000;

interface History {
  readonly guest: keyof typeof GUESTS;
  readonly end: (typeof ENDS)[number];
  readonly afterMs: number;
  /** What its capability does. */
  readonly answer: 'at once' | 'later' | 'never' | 'fails';
  readonly calls: number;
}

const histories: fc.Arbitrary<History> = fc.record({
  guest: fc.constantFrom(...(Object.keys(GUESTS) as (keyof typeof GUESTS)[])),
  end: fc.constantFrom(...ENDS),
  afterMs: fc.integer({ min: 0, max: 12 }),
  answer: fc.constantFrom('at once', 'later', 'never', 'fails'),
  calls: fc.integer({ min: 1, max: 4 }),
});

let compiled: Record<keyof typeof GUESTS, CompiledComponent>;
beforeAll(async () => {
  const made = await Promise.all(
    Object.entries(GUESTS).map(async ([name, handle]) => [
      name,
      await compileComponent(await textPlugin({ handle }), {}, undefined, 'thread'),
    ]),
  );
  compiled = Object.fromEntries(made);
});

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function capability(answer: History['answer']) {
  const said = { ok: true, payload: new Uint8Array(3) };
  return () => {
    switch (answer) {
      case 'at once':
        return said;
      case 'later':
        return wait(3).then(() => said);
      case 'never':
        return new Promise<never>(() => {});
      case 'fails':
        return Promise.reject(new Error('no'));
    }
  };
}

async function play({ guest, end, afterMs, answer, calls }: History): Promise<void> {
  let thread: Worker | undefined;
  process.once('worker', (worker) => {
    thread = worker;
  });
  const capabilities = new Map([['wasm-plugin:host/log', capability(answer)]]);
  const instance = await compiled[guest].startThread(quietOptions({ capabilities }));
  const controller = new AbortController();
  // What would go on for ever has a deadline in any case.
  const options = { signal: controller.signal, deadlineMs: end === 'deadline' ? afterMs : 300 };
  const all = Promise.allSettled(
    Array.from({ length: calls }, (_, i) => wait(i).then(() => instance.call(SCORE, new Uint8Array(8), options))),
  );
  await wait(afterMs);
  if (end === 'abort') controller.abort();
  if (end === 'close') await instance.close();
  if (end === 'kill') await thread!.terminate();
  for (const outcome of await all) {
    if (outcome.status === 'fulfilled') {
      expect(outcome.value.payload.byteLength).toBe(8);
    } else {
      expect(outcome.reason).toBeInstanceOf(PluginError);
      expect(CODES).toContain(outcome.reason.code);
    }
  }
  await instance.close();
  expect(thread!.threadId).toBe(-1);
  await expect(instance.call(SCORE, new Uint8Array())).rejects.toMatchObject({ code: 'PLUGIN_CLOSED' });
}

test('all that was asked settles, and the thread is gone', async () => {
  const late = new Error(`a promise has not settled within ${PATIENCE_MS} ms`);
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      let timer: NodeJS.Timeout | undefined;
      const tooLate = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(late), PATIENCE_MS);
      });
      await Promise.race([play(history), tooLate]).finally(() => clearTimeout(timer));
    }),
    { numRuns: 60 },
  );
}, 600_000);
