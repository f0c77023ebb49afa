/** `limits.logKiBPerCall`: text that one call may log, by whatever way. */
import { describe, expect, test } from 'vitest';
import { capabilities, encode } from '../../host/abi/index.js';
import { STDOUT } from '../support/attack-parts.js';
import { ATTACK, type Attacker, attackInCall, besieged, dataText, failure, MODES, PEACE } from '../support/siege.js';
import { SCORE } from '../support/text-plugin.js';

const LIMIT = 1024;
const CUT = 'log cut: more than 1024 bytes in one call';
/** Longer lines are cut. */
const LONGEST = 8 * 1024 + 1;

/** A plugin that logs the same message so many times. */
function logging(message: string, times: number, level: 'info' | 'error' = 'info'): Attacker {
  const request = encode(capabilities.log.request, { level, message });
  const pages = Math.ceil(request.byteLength / 65_536) + 2;
  return {
    memory: `(memory (export "memory") ${pages})`,
    main: `(data (i32.const 65536) "${dataText(request)}")`,
    locals: '(local $i i32)',
    attack: `(local.set $i (i32.const ${times}))
      (loop $again
        (call $call (i32.const 65536) (i32.const ${request.byteLength}) (i32.const 2048))
        (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))`,
  };
}

/** A plugin that prints the same text so many times. */
function printing(text: string, times: number) {
  return {
    ...STDOUT,
    main: `(data (i32.const 8192) "${dataText(Buffer.from(text))}")`,
    locals: '(local $i i32)',
    attack: `(local.set $i (i32.const ${times}))
      (loop $again
        (call $print (i32.const 8192) (i32.const ${Buffer.byteLength(text)}))
        (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))`,
  };
}

describe.each(MODES)('log text, %s', (isolation) => {
  const options = { isolation, limits: { logKiBPerCall: LIMIT / 1024, deadlineMs: 30_000 } };

  const floods: readonly { name: string; attacker: Attacker; lines: number }[] = [
    // Each line counts for one more than its characters.
    { name: 'of many lines', attacker: logging('x'.repeat(99), 20_000), lines: 11 },
    { name: 'of many empty lines', attacker: logging('', 20_000), lines: 1024 },
    { name: 'of one line that has many', attacker: logging('\n'.repeat(1_000_000), 3), lines: 1024 },
    { name: 'of one line that is long', attacker: logging('x'.repeat(1_000_000), 3), lines: 1 },
    { name: 'of characters that are escaped', attacker: logging('\u202e'.repeat(200), 50), lines: 1 },
    { name: 'of lines on standard output', attacker: printing(`${'y'.repeat(99)}\n`, 20_000), lines: 11 },
    { name: 'of empty lines on standard output', attacker: printing('\n'.repeat(4000), 100), lines: 1024 },
    { name: 'of a line on standard output that never ends', attacker: printing('z'.repeat(4000), 1000), lines: 1 },
  ];
  for (const { name, attacker, lines: expected } of floods) {
    test(`${name} ends at the limit; the call goes on, and the next one may log again`, async () => {
      await besieged(options, async ({ load, lines }) => {
        const plugin = await load(attacker);
        for (let i = 1; i <= 2; i++) {
          expect(await plugin.callRaw(SCORE, ATTACK)).toEqual(ATTACK);
          expect(lines.length).toBe(i * (expected + 1));
          expect(lines.at(-1)).toEqual({ plugin: 'example.com/attacker', level: 'warn', text: CUT });
          expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
        }
        const written = lines.reduce((sum, { text }) => sum + text.length + 1, 0);
        expect(written).toBeLessThan(2 * (LIMIT + 8 * LONGEST + CUT.length));
        expect(plugin.totals().deaths).toBe(0);
      });
    });
  }

  test('that stays just below the limit is all there', async () => {
    await besieged(options, async ({ load, lines }) => {
      const plugin = await load(logging('x'.repeat(99), 10));
      for (let i = 1; i <= 3; i++) {
        await plugin.callRaw(SCORE, ATTACK);
        expect(lines.length).toBe(10 * i);
      }
      expect(lines.every(({ text }) => text === 'x'.repeat(99))).toBe(true);
    });
  });

  test('by several ways in one call has one limit', async () => {
    const print = printing(`${'y'.repeat(99)}\n`, 6);
    const log = logging('x'.repeat(99), 6);
    await besieged(options, async ({ load, lines }) => {
      const attacker = { ...print, memory: log.memory!, main: `${print.main} ${log.main}` };
      const plugin = await load({ ...attacker, attack: `${log.attack} ${print.attack}` });
      expect(await plugin.callRaw(SCORE, ATTACK)).toEqual(ATTACK);
      expect(lines.map(({ text }) => text[0]).join('')).toBe('xxxxxxyyyyyl');
    });
  });

  test('is escaped by whatever way it comes: it moves no cursor and forges no line', async () => {
    const hostile = 'a\u001b[2J\u0007b\rc\u009bd\u202ee\u2028f';
    await besieged(options, async ({ load, lines }) => {
      await (await load(logging(`${hostile}\nsecond`, 1))).callRaw(SCORE, ATTACK);
      await (await load(printing(`${hostile}\nsecond\n`, 1))).callRaw(SCORE, ATTACK);
      const texts = lines.map(({ text }) => text);
      expect(texts).toEqual([expect.stringMatching(/^a.*b.*c.*d.*e.*f$/), 'second', texts[0], 'second']);
      expect(texts[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
    });
  });

  test('that is last words is kept short, and is no line', async () => {
    const { attack, ...rest } = logging(`abort: ${'w'.repeat(1_000_000)}`, 3, 'error');
    const options2 = { ...options, log: undefined };
    const error = await attackInCall(
      options2,
      { ...rest, attack: `${attack} unreachable` },
      { code: 'GUEST_TRAP', says: /unreachable.* after saying "w+…"/ },
    );
    expect(error.message.length).toBeLessThan(2000);
  });

  test('in a start function has the same limit', async () => {
    const { attack, locals, main, ...rest } = logging('x'.repeat(99), 1000);
    const begin = `${main} (func $begin ${locals} ${attack}) (start $begin)`;
    await besieged(options, async ({ load, lines }) => {
      const plugin = await load({ ...rest, main: begin });
      expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
      expect(lines.length).toBe(12);
    });
  });

  test('of one plugin leaves its neighbour’s alone', async () => {
    await besieged(options, async ({ load, lines }) => {
      const loud = await load(logging('x'.repeat(99), 1000));
      const quiet = await load(logging('q', 1));
      await loud.callRaw(SCORE, ATTACK);
      await quiet.callRaw(SCORE, ATTACK);
      expect(lines.at(-1)?.text).toBe('q');
    });
  });

  test('that the embedder refuses ends the plugin, not the host', async () => {
    const log = (): never => {
      throw new Error('disk full');
    };
    await besieged({ ...options, log }, async ({ load, checkNeighbour }) => {
      const plugin = await load(logging('x', 1));
      const error = await failure(plugin.callRaw(SCORE, ATTACK));
      expect(error.code).toBe('HOST_BUG');
      expect(error.message).toContain('disk full');
      await checkNeighbour();
      expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
    });
  });
});
