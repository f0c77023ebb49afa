import { describe, expect, test } from 'vitest';
import { interfaceName, parseInterfaceId, sameMajor } from './index.js';

describe('parseInterfaceId()', () => {
  test('takes a full id apart', () => {
    expect(parseInterfaceId('acme:score/best-score@1.22.3')).toEqual({
      namespace: 'acme',
      package: 'score',
      name: 'best-score',
      version: { major: 1, minor: 22, patch: 3, prerelease: '' },
    });
    expect(parseInterfaceId('wasi:http/types@0.3.0-rc.1+build')?.version.prerelease).toBe('rc.1');
  });

  const bad = [
    { name: 'no version', id: 'acme:score/score' },
    { name: 'two numbers', id: 'acme:score/score@1.0' },
    { name: 'a leading zero', id: 'acme:score/score@01.0.0' },
    { name: 'a number too long to be exact', id: 'acme:score/score@1.0.12345678901' },
    { name: 'no namespace', id: 'score/score@1.0.0' },
    { name: 'upper case', id: 'Acme:score/score@1.0.0' },
    { name: 'a trailing dash', id: 'acme:score-/score@1.0.0' },
    { name: 'a trailing line break', id: 'acme:score/score@1.0.0\n' },
    { name: 'a function name', id: 'acme:score/score@1.0.0#handle' },
    { name: 'an endless name', id: `acme:score/${'a'.repeat(300)}@1.0.0` },
  ];
  for (const { name, id } of bad) {
    test(`refuses ${name}`, () => {
      expect(parseInterfaceId(id)).toBeUndefined();
    });
  }
});

test('interfaceName() drops the version', () => {
  expect(interfaceName('wasm-plugin:host/log@1.0.0')).toBe('wasm-plugin:host/log');
  expect(interfaceName('wasm-plugin:host/log')).toBe('wasm-plugin:host/log');
});

describe('sameMajor()', () => {
  const cases = [
    { name: 'an equal id', left: 'a:b/c@1.0.0', right: 'a:b/c@1.0.0', want: true },
    { name: 'a newer minor', left: 'a:b/c@1.0.0', right: 'a:b/c@1.9.4', want: true },
    { name: 'another major', left: 'a:b/c@1.0.0', right: 'a:b/c@2.0.0', want: false },
    { name: 'another name', left: 'a:b/c@1.0.0', right: 'a:b/d@1.0.0', want: false },
    { name: 'a patch below 1.0.0', left: 'a:b/c@0.2.0', right: 'a:b/c@0.2.9', want: true },
    { name: 'a minor below 1.0.0', left: 'a:b/c@0.2.0', right: 'a:b/c@0.3.0', want: false },
    { name: 'a prerelease of it', left: 'a:b/c@1.0.0', right: 'a:b/c@1.0.0-rc.1', want: false },
    { name: 'something that is no id', left: 'a:b/c', right: 'a:b/c', want: false },
  ];
  for (const { name, left, right, want } of cases) {
    test(`${want ? 'accepts' : 'refuses'} ${name}`, () => {
      expect(sameMajor(left, right)).toBe(want);
    });
  }
});
