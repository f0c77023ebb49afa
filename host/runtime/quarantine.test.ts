import { describe, expect, test } from 'vitest';
import { thrown } from '../../test/support/thrown.js';
import { PluginError, type PluginErrorCode } from '../errors/index.js';
import { Quarantine } from './quarantine.js';

const HOOK = 'acme:echo/echo@1.0.0';
const death = (code: PluginErrorCode): PluginError => new PluginError(code, `Cannot call ${HOOK}: it is dead`);
const TRAP = death('GUEST_TRAP');

function quarantine(crashes: number, forMs = 1000) {
  let time = 0;
  const subject = new Quarantine({ crashes, forMs }, () => time);
  return {
    subject,
    pass(ms: number) {
      time += ms;
    },
    die(times: number) {
      return Array.from({ length: times }, () => subject.died(TRAP, false));
    },
  };
}

describe('trips', () => {
  test('at the death that makes it full, and says so once', () => {
    const { subject, die } = quarantine(3);
    expect(die(2)).toEqual([false, false]);
    expect(subject.tripped).toBe(false);
    expect(die(2)).toEqual([true, false]);
    expect(subject.tripped).toBe(true);
  });

  test('not when a call lived in between', () => {
    const { subject, die } = quarantine(3);
    die(2);
    subject.answered();
    die(2);
    expect(subject.tripped).toBe(false);
  });

  const codes: readonly { code: PluginErrorCode; counts: boolean }[] = [
    { code: 'GUEST_TRAP', counts: true },
    { code: 'GUEST_EXIT', counts: true },
    { code: 'DEADLINE_EXCEEDED', counts: true },
    { code: 'FUEL_EXHAUSTED', counts: true },
    { code: 'LIMIT_EXCEEDED', counts: true },
    { code: 'THREAD_FAILED', counts: true },
    { code: 'COMPONENT_MALFORMED', counts: true },
    { code: 'CALL_ABORTED', counts: false },
    { code: 'HOST_BUG', counts: false },
    { code: 'PLUGIN_CLOSED', counts: false },
    { code: 'PLUGIN_BUSY', counts: false },
  ];
  for (const { code, counts } of codes) {
    test(`${code} ${counts ? 'counts' : 'is not its fault'}`, () => {
      const { subject } = quarantine(1);
      expect(subject.died(death(code), false)).toBe(counts);
      expect(subject.tripped).toBe(counts);
    });
  }

  test('a bug of ours is not its fault either', () => {
    const { subject } = quarantine(1);
    expect(subject.died(new TypeError('x'), false)).toBe(false);
  });

  test('never, with as many crashes as Infinity', () => {
    const { subject, die } = quarantine(Number.POSITIVE_INFINITY);
    die(100_000);
    expect(subject.tripped).toBe(false);
  });
});

describe('once tripped', () => {
  test('says how often, why, and when the next trial is', () => {
    const { subject, pass, die } = quarantine(2, 60_000);
    die(2);
    pass(500);
    const error = thrown(() => subject.admit(HOOK));
    expect(error).toMatchObject({
      code: 'PLUGIN_QUARANTINED',
      message: `Cannot call ${HOOK}: the plugin died 2 times in a row, the next trial is in 60 s; the last time: ${TRAP.message}`,
      cause: TRAP,
      details: { hook: HOOK, deaths: 2, lastCode: 'GUEST_TRAP', retryInMs: 59_500 },
    });
    expect(error.hint).toBeTypeOf('string');
  });

  const edges = [
    { name: 'a millisecond early', ms: 999, admitted: false },
    { name: 'in time', ms: 1000, admitted: true },
  ];
  for (const { name, ms, admitted } of edges) {
    test(`lets a trial through or not: ${name}`, () => {
      const { subject, pass, die } = quarantine(1);
      die(1);
      pass(ms);
      if (admitted) {
        subject.admit(HOOK);
      } else {
        expect(thrown(() => subject.admit(HOOK)).code).toBe('PLUGIN_QUARANTINED');
      }
    });
  }

  test('lets one trial through at a time', () => {
    const { subject, pass, die } = quarantine(1);
    die(1);
    pass(1000);
    subject.admit(HOOK);
    expect(thrown(() => subject.admit(HOOK)).message).toContain('a trial call is running');
  });

  test('ends with a trial that lives', () => {
    const { subject, pass, die } = quarantine(2);
    die(2);
    pass(1000);
    subject.admit(HOOK);
    subject.answered();
    expect(subject.tripped).toBe(false);
    expect(die(1)).toEqual([false]);
  });

  test('goes on as long again after a trial that dies', () => {
    const { subject, pass, die } = quarantine(2);
    die(2);
    pass(1000);
    subject.admit(HOOK);
    subject.died(TRAP, true);
    pass(999);
    expect(thrown(() => subject.admit(HOOK)).message).toContain('died 3 times in a row');
    pass(1);
    subject.admit(HOOK);
  });

  test('lets the next one through after a trial that says nothing', () => {
    const { subject, pass, die } = quarantine(1);
    die(1);
    pass(1000);
    subject.admit(HOOK);
    subject.died(death('CALL_ABORTED'), true);
    subject.admit(HOOK);
    subject.undecided(true);
    subject.admit(HOOK);
  });

  test('ends when it is released, and forgets', () => {
    const { subject, die } = quarantine(2);
    die(2);
    subject.release();
    expect(subject.tripped).toBe(false);
    expect(die(2)).toEqual([false, true]);
  });
});
