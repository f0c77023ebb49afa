/** Schemas that are short and would make the host work or store without end. A package's schema is read before anybody agreed to it. */
import { describe, expect, test } from 'vitest';
import { cpuMs } from '../../test/support/cpu-time.js';
import { thrown } from '../../test/support/thrown.js';
import { checkSettings, checkSettingsSchema } from './index.js';

const TIME_MS = 5000;

function timed<T>(run: () => T): T {
  const results: T[] = [];
  expect(cpuMs(() => results.push(run()))).toBeLessThan(TIME_MS);
  return results[0] as T;
}

const empties = (count: number): object[] => Array.from({ length: count }, () => ({}));

/** A list of `count` objects by default, each of which has such a list by default, `levels` deep. */
function nestedDefaults(levels: number, count: number): object {
  const inside = levels === 1 ? {} : { properties: { a: nestedDefaults(levels - 1, count) } };
  return { type: 'array', default: empties(count), items: { type: 'object', ...inside } };
}

const required = Array.from({ length: 100 }, (_, i) => `p${i}`);
const strict = {
  type: 'object',
  properties: Object.fromEntries(required.map((name) => [name, { type: 'string' }])),
  required,
};

describe('checkSettingsSchema() refuses in time', () => {
  const cases = [
    {
      name: 'defaults that multiply',
      property: nestedDefaults(3, 3000),
      want: /too large with the defaults inside it/,
    },
    {
      name: 'a long text by default in many items',
      property: {
        type: 'array',
        default: empties(5000),
        items: { type: 'object', properties: { text: { type: 'string', default: 'x'.repeat(60_000) } } },
      },
      want: /too large with the defaults inside it/,
    },
    {
      name: 'a default with a hundred names missing in each of many items',
      property: { type: 'array', default: empties(9000), items: strict },
      want: /default does not fit: \[0\]\.p0 is missing/,
    },
  ];
  for (const { name, property, want } of cases) {
    test(name, () => {
      const error = timed(() => thrown(() => checkSettingsSchema({ type: 'object', properties: { a: property } })));
      expect(error.code).toBe('MANIFEST_INVALID');
      expect(error.message).toMatch(want);
      expect(error.message.length).toBeLessThan(10_000);
    });
  }
});

describe('checkSettings()', () => {
  const schema = checkSettingsSchema({
    type: 'object',
    properties: { a: { type: 'array', items: { type: 'object', properties: { b: nestedDefaults(1, 100) } } } },
  });

  test('fills in defaults up to the bound of a document', () => {
    expect(timed(() => checkSettings(schema, { a: empties(90) })).a).toHaveLength(90);
  });

  test('refuses what would be above it', () => {
    const error = timed(() => thrown(() => checkSettings(schema, { a: empties(110) })));
    expect(error.message).toBe('Cannot use settings: settings is too large with its defaults');
  });
});
