import { expect, test } from 'vitest';
import { customSection, moduleOf } from '../../test/support/core-module.js';
import { readModuleFacts } from './module-facts.js';
import { wasm } from './web-assembly.js';

const withSections = (count: number): Uint8Array =>
  moduleOf(...Array.from({ length: count }, () => customSection('', [])));

test('a module has up to a thousand sections', () => {
  expect(readModuleFacts(withSections(1000)).sections).toHaveLength(1000);
});

test('a module of more sections is refused, although they may be empty', () => {
  const module = withSections(1001);
  expect(wasm.validate(module)).toBe(true);
  expect(() => readModuleFacts(module)).toThrow(
    expect.objectContaining({
      code: 'LIMIT_EXCEEDED',
      message: 'Cannot load a core module: it has more than 1000 sections',
    }),
  );
});
