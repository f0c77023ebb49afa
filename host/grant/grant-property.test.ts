import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PluginError } from '../errors/index.js';
import {
  ADJUSTMENT_KEYS,
  covers,
  effectiveGrants,
  formatGrant,
  groupGrants,
  missingGrants,
  parseGrant,
} from './index.js';

const segment = fc.stringMatching(/^[ab.~/:*]{0,3}$/);
const grantText = fc.oneof(
  fc.constantFrom('kv', 'image', 'rootfs', 'process:signal'),
  fc.constantFrom(...ADJUSTMENT_KEYS).map((key) => `config:${key}`),
  fc.stringMatching(/^env:[AB_]{0,3}\*?$/),
  fc
    .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom('ro', 'rw'))
    .map(([path, mode]) => `fs:/${path.join('/')}:${mode}`),
  fc.stringMatching(/^http:[ab]\.[ab]:[12]$/),
  fc
    .array(fc.constantFrom('a', 'b', 'a~1', '~0', ''), { minLength: 1, maxLength: 3 })
    .map((path) => `config:/${path.join('/')}`),
);
const valid = grantText
  .filter((text) => {
    try {
      parseGrant(text);
      return true;
    } catch {
      return false;
    }
  })
  .map(parseGrant);

test('parseGrant() of any text returns or throws PluginError, and what it returns is normal', () => {
  const kinds = fc.constantFrom('', 'kv:', 'env:', 'fs:/', 'http:', 'http:[', 'config:', 'config:/', 'process:');
  const text = fc.tuple(kinds, fc.string({ unit: 'binary', maxLength: 40 })).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(text, grantText), (any) => {
      try {
        const grant = parseGrant(any);
        expect(parseGrant(formatGrant(grant))).toEqual(grant);
      } catch (error) {
        expect(error).toBeInstanceOf(PluginError);
        expect((error as PluginError).code).toBe('GRANT_INVALID');
      }
    }),
    { numRuns: 1000 },
  );
});

test('covers() is reflexive, transitive, and both ways only for equals', () => {
  fc.assert(
    fc.property(valid, valid, valid, (a, b, c) => {
      expect(covers(a, a)).toBe(true);
      if (covers(a, b) && covers(b, c)) expect(covers(a, c)).toBe(true);
      if (covers(a, b) && covers(b, a)) expect(formatGrant(a)).toBe(formatGrant(b));
    }),
    { numRuns: 1000 },
  );
});

test('effectiveGrants() never gives more than was requested, nor more than was granted', () => {
  const list = fc.array(valid, { maxLength: 6 });
  fc.assert(
    fc.property(list, list, (requested, granted) => {
      const effective = effectiveGrants(requested, granted);
      expect(missingGrants(requested, effective)).toEqual([]);
      expect(missingGrants(granted, effective)).toEqual([]);
      // And not less: what both lists hold as a whole is in the result.
      for (const one of requested) {
        if (granted.some((other) => covers(other, one))) expect(missingGrants(effective, [one])).toEqual([]);
      }
    }),
    { numRuns: 1000 },
  );
});

test('groupGrants() explains every grant in some group', () => {
  fc.assert(
    fc.property(valid, (grant) => {
      expect(
        groupGrants([grant])
          .flatMap(({ items }) => items)
          .some((item) => item !== 'nothing'),
      ).toBe(true);
    }),
  );
});
