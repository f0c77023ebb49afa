import { parse, print } from '@bytecodealliance/jco';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { customSection, listSection, moduleOf, sectionsOf, sized } from '../../../test/support/core-module.js';
import {
  everywhere,
  METERS,
  type NamedMeter,
  NO_METER,
  reservedImports,
  rewrite,
} from '../../../test/support/metered.js';
import { readModuleFacts } from '../module-facts.js';
import { concat, leb, section, text } from '../wasm-bytes.js';
import { wasm } from '../web-assembly.js';

const SLICES = METERS.find(({ deadline }) => deadline === 'slices')!;
const MODULE_NAME = 'core-0-0123abcd';

const SOURCE = `(module $own (import "m" "imported" (func $imported (param $p i32))) (import "m" "g" (global $ig i32))
  (type $named (func)) (memory $mem 1) (table $tab 1 funcref) (tag $tag)
  (global $mine (mut i32) (i32.const 0))
  (func $first (param $x i32) (local $y i64) (block $label (loop $again)))
  (func $second (export "f") (call $first (i32.const 1)))
  (elem $el funcref (ref.null func)) (data $dat "x"))`;

async function named(source: string, meter: NamedMeter, moduleName?: string): Promise<string> {
  const module = new Uint8Array(await parse(source));
  const { bytes } = rewrite(module, meter, everywhere, { moduleName });
  expect(wasm.validate(bytes)).toBe(true);
  return (await print(bytes)).replace(/\s+/g, ' ');
}

describe('names', () => {
  test.each([NO_METER, ...METERS])('stay with what they name: $name', async (meter) => {
    const text = await named(SOURCE, meter);
    for (const part of [
      '(module $own',
      '(import "m" "imported" (func $imported',
      '(import "m" "g" (global $ig',
      '(type $named',
      '(table $tab',
      '(tag $tag',
      '(global $mine',
      '(func $first',
      '(param $x i32)',
      '(local $y i64)',
      '(func $second',
      'call $first',
      '(elem $el',
      '(data $dat',
      '"memory" (memory $mem',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('of labels stay where code does, and go where it changes, for they are counted', async () => {
    expect(await named(SOURCE, NO_METER)).toContain('loop $again');
    expect(await named(SOURCE, SLICES)).not.toContain('$again');
  });

  test.each([NO_METER, ...METERS])('of the module is the one that the host wants: $name', async (meter) => {
    const text = await named(SOURCE, meter, MODULE_NAME);
    expect(text).toContain(`(module $${MODULE_NAME}`);
    expect(text).toContain('(func $first');
    expect(text).not.toContain('$own');
  });

  test('come to a module that had none', async () => {
    expect(await named('(module (func (export "f")))', NO_METER, MODULE_NAME)).toContain(`(module $${MODULE_NAME}`);
  });

  test('are what stack traces say', async () => {
    const source = '(module $own (func $deep (unreachable)) (func $outer (export "f") (call $deep)))';
    const module = new Uint8Array(await parse(source));
    const { bytes } = rewrite(module, SLICES, everywhere, { moduleName: MODULE_NAME });
    const { exports } = new wasm.Instance(new wasm.Module(bytes), reservedImports(readModuleFacts(module)));
    expect(exports.f).toThrow(
      expect.objectContaining({ stack: expect.stringMatching(`${MODULE_NAME}\\.deep.*\n.*${MODULE_NAME}\\.outer`) }),
    );
  });

  const cuts = [
    { name: 'a name of 256 bytes', given: 'a'.repeat(256), want: 'a'.repeat(256) },
    { name: 'a name of 257 bytes', given: 'a'.repeat(257), want: 'a'.repeat(256) },
    { name: 'a character across the cut', given: `${'a'.repeat(255)}é!`, want: 'a'.repeat(255) },
    { name: 'a character up to the cut', given: `${'a'.repeat(254)}é!`, want: `${'a'.repeat(254)}é` },
  ];
  test.each(cuts)('are cut at a whole character: $name', ({ given, want }) => {
    const map = (name: string): Uint8Array => concat([leb(1), leb(0), text(name)]);
    const { bytes } = rewrite(withNames(subsection(1, map(given))), METERS[0]!);
    expect(namesOf(bytes)).toEqual([`1: ${Buffer.from(map(want)).toString('hex')}`]);
  });
});

const CODE = [listSection(1, [[0x60, 0, 0]]), listSection(3, [[0]]), listSection(10, [sized([0, 0x0b])])];

function withNames(...contents: readonly Uint8Array[]): Uint8Array {
  return moduleOf(...CODE, customSection('name', concat(contents)));
}

function subsection(id: number, contents: Uint8Array): Uint8Array {
  return section(id, [contents]);
}

/** The subsections of the name section, as `id: contents`. */
function namesOf(module: Uint8Array): string[] {
  const sections = sectionsOf(module).filter(({ contents }) => contents[1] === 0x6e);
  const [names] = sections;
  if (names === undefined) return [];
  return sectionsOf(concat([new Uint8Array(8), names.contents.subarray(5)])).map(
    ({ id, contents }) => `${id}: ${Buffer.from(contents).toString('hex')}`,
  );
}

describe('a name section that cannot be read', () => {
  const good = subsection(1, concat([leb(1), leb(0), text('f')]));
  const cases = [
    {
      name: 'a map that says it has a billion names',
      bytes: [subsection(1, concat([[0x80, 0x94, 0xeb, 0xdc, 0x03]]))],
      want: [],
    },
    { name: 'a name that is longer than its section', bytes: [subsection(1, concat([[1, 0, 99, 0x66]]))], want: [] },
    { name: 'a subsection that is longer than the section', bytes: [Uint8Array.of(1, 99, 0)], want: [] },
    {
      name: 'the broken one before a good one',
      bytes: [subsection(1, Uint8Array.of(5)), subsection(2, Uint8Array.of(1, 0, 1, 0, 1, 0x78))],
      want: ['2: 010001000178'],
    },
    {
      name: 'a kind of names that nobody knows',
      bytes: [good, subsection(77, Uint8Array.of(1))],
      want: ['1: 01000166'],
    },
    { name: 'the second of a kind', bytes: [good, good], want: ['1: 01000166'] },
    { name: 'what is out of order', bytes: [subsection(4, Uint8Array.of(0)), good], want: ['4: 00'] },
  ];
  for (const { name, bytes, want } of cases) {
    test(`loses no more than ${name}`, () => {
      const module = withNames(...bytes);
      expect(wasm.validate(module)).toBe(true);
      // No import of ours, so that indices stay.
      const { bytes: written } = rewrite(module, NO_METER, undefined, { moduleName: 'm' });
      expect(wasm.validate(written)).toBe(true);
      expect(namesOf(written)).toEqual(['0: 016d', ...want]);
    });
  }

  test('a second one stays as it is', () => {
    const second = customSection('name', subsection(0, text('again')));
    const module = concat([withNames(good), second]);
    const { bytes } = rewrite(module, NO_METER, undefined, { moduleName: 'm' });
    expect(bytes.subarray(bytes.length - second.length)).toEqual(second);
  });

  test('never matters to the rest, whatever is in it', () => {
    const meters = [NO_METER, ...METERS];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...meters), (contents, meter) => {
        const { bytes } = rewrite(withNames(contents), meter, everywhere, { moduleName: 'm' });
        expect(wasm.validate(bytes)).toBe(true);
        expect(bytes.length).toBeLessThan(1000);
      }),
      { numRuns: 500 },
    );
  });
});
