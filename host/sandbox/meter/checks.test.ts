/** The bytes of checks and charges: what V8 is measured with, so a change of them is a decision. */
import { describe, expect, test } from 'vitest';
import { CheckCode, signedLeb } from './checks.js';
import type { Meter } from './meter.js';

const INDICES = { epochMemory: 1, fuelGlobal: 300, tickFunction: 5, firstHelper: 9 };
const EPOCH: Meter = { deadline: 'epoch', fuel: false };
const FUEL: Meter = { deadline: 'none', fuel: true };
const BOTH: Meter = { deadline: 'epoch', fuel: true };
const SLICES: Meter = { deadline: 'slices', fuel: false };

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const epoch = '4100fe1042010004400' + '00b';
const charge7 = '23ac0242077d24ac02';
const negative = '23ac02420053';

describe('puts', () => {
  const cases = [
    { name: 'an atomic load and a trap for the epoch', meter: EPOCH, units: 7, check: true, want: epoch },
    { name: 'nothing for the epoch where no check is', meter: EPOCH, units: 7, check: false, want: '' },
    { name: 'a charge for fuel', meter: FUEL, units: 7, check: false, want: charge7 },
    { name: 'a check for fuel', meter: FUEL, units: 0, check: true, want: `${negative}0440000b` },
    { name: 'a charge and a check', meter: FUEL, units: 7, check: true, want: `${charge7}${negative}0440000b` },
    {
      name: 'fuel before the epoch',
      meter: BOTH,
      units: 7,
      check: true,
      want: `${charge7}${negative}0440000b${epoch}`,
    },
    { name: 'a tick for slices', meter: SLICES, units: 0, check: true, want: `${negative}044010050440000b0b` },
  ];
  for (const { name, meter, units, check, want } of cases) {
    test(name, () => {
      expect(hex(new CheckCode(meter, INDICES).onGlobal.at(units, check))).toBe(want);
    });
  }

  test('no memory index in a module without a memory of its own', () => {
    const code = new CheckCode(EPOCH, { ...INDICES, epochMemory: 0 });
    expect(hex(code.onGlobal.at(0, true))).toBe('4100fe1002000440000b');
  });

  test('a local in place of the global, and the global back before anybody looks', () => {
    const local = new CheckCode(FUEL, INDICES).onLocal(200);
    expect(hex(local.enter)).toBe('23ac0221c801');
    expect(hex(local.leave)).toBe('20c80124ac02');
    expect(hex(local.at(7, false))).toBe('20c80142077d21c801');
    expect(hex(local.at(7, true))).toBe('20c80142077d22c801' + '420053' + '0440' + '20c80124ac02' + '000b');
    const both = new CheckCode(BOTH, INDICES).onLocal(2);
    expect(hex(both.at(0, true)).slice(-32)).toBe('4100fe10420100' + '0440' + '200224ac02' + '000b');
    const slices = new CheckCode(SLICES, INDICES).onLocal(2);
    expect(hex(slices.at(0, true))).toBe('2002420053' + '0440' + '200224ac02' + '10050440000b' + '23ac022102' + '0b');
  });

  test('nothing around calls where the global counts', () => {
    const { enter, leave } = new CheckCode(FUEL, INDICES).onGlobal;
    expect([enter.length, leave.length]).toEqual([0, 0]);
  });
});

test('signedLeb() writes the edges of each length', () => {
  const cases: [number, number[]][] = [
    [0, [0]],
    [63, [63]],
    [64, [0xc0, 0]],
    [-64, [0x40]],
    [-65, [0xbf, 0x7f]],
    [65_536, [0x80, 0x80, 0x04]],
    [2 ** 31 - 1, [0xff, 0xff, 0xff, 0xff, 0x07]],
  ];
  for (const [value, want] of cases) {
    expect(signedLeb(value)).toEqual(want);
  }
});
