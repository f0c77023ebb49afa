import { parse } from '@bytecodealliance/jco';
import { describe, expect, test, vi } from 'vitest';
import { textPlugin } from '../../test/support/text-plugin.js';
import { rejected } from '../../test/support/thrown.js';
import { compileComponent, type SandboxLimits } from './index.js';
import { wasm } from './web-assembly.js';

const module = (fields: string): string => `(component (core module ${fields}) (core instance (instantiate 0)))`;

describe('compileComponent() refuses a core module', () => {
  const cases = [
    {
      name: 'that imports from the reserved namespace',
      fields: '(import "wasm-plugin:sandbox" "memory" (memory 1))',
      says: 'reserved',
    },
    { name: 'with a shared memory', fields: '(memory 1 1 shared)', says: 'shared' },
    { name: 'that imports a shared memory', fields: '(import "a" "b" (memory 1 1 shared))', says: 'shared' },
    { name: 'with exceptions that carry references', fields: '(tag (param externref))', says: 'exception' },
    { name: 'with exceptions that carry much', fields: `(tag (param ${'i64 '.repeat(17)}))`, says: 'exception' },
  ];
  for (const { name, fields, says } of cases) {
    test(name, async () => {
      const error = await rejected(compileComponent(await parse(module(fields))));
      expect(error.code).toBe('COMPONENT_UNSUPPORTED');
      expect(error.message).toContain(says);
    });
  }

  // V8 decides first where it does not know the feature, so only the refusal is common to all versions.
  const unbounded = [
    { name: 'with a 64-bit memory', fields: '(memory i64 1)' },
    { name: 'with two memories', fields: '(memory 1) (memory 1)' },
    { name: 'with an imported and a defined memory', fields: '(import "a" "b" (memory 1)) (memory 1)' },
    { name: 'with arrays, which live outside linear memory', fields: '(type (array i8))' },
    { name: 'with structs, which live outside linear memory', fields: '(type (struct (field i32)))' },
    { name: 'with a 64-bit table', fields: '(table i64 1 funcref)' },
  ];
  for (const { name, fields } of unbounded) {
    test(name, async () => {
      const { code } = await rejected(compileComponent(await parse(module(fields))));
      expect(['COMPONENT_UNSUPPORTED', 'COMPONENT_MALFORMED']).toContain(code);
    });
  }

  const invalid = [
    { name: 'with a memory whose maximum is below its minimum', fields: '(memory 5 1)' },
    { name: 'with a table whose maximum is below its minimum', fields: '(table 5 1 funcref)' },
    { name: 'that reads a memory it does not have', fields: '(func (drop (i32.load (i32.const 0))))' },
    { name: 'whose code does not type', fields: '(func (result i32))' },
  ];
  for (const { name, fields } of invalid) {
    test(`${name}, although rewriting could mend it`, async () => {
      expect((await rejected(compileComponent(await parse(module(fields))))).code).toBe('COMPONENT_MALFORMED');
    });
  }
});

describe('compileComponent() admits imports', () => {
  const importing = (name: string): string =>
    `(component (type $t (instance (export "f" (func)))) (import "${name}" (instance (type $t))))`;

  test('of any WASI 0.2', async () => {
    expect((await compileComponent(await parse(importing('wasi:cli/run@0.2.99')))).imports).toEqual([
      'wasi:cli/run@0.2.99',
    ]);
  });

  for (const name of ['wasi:cli/run@0.3.0', 'wasi:cli/run', 'wasi:cli/run@0.20.0']) {
    test(`but not ${name}`, async () => {
      const error = await rejected(compileComponent(await parse(importing(name))));
      expect(error.code).toBe('COMPONENT_UNSUPPORTED');
      expect(error.message).toContain(name);
      expect(error.hint).toBeUndefined();
    });
  }
});

test('compileComponent() answers from its cache for the same bytes and limits', async () => {
  const component = await textPlugin();
  const validate = vi.spyOn(wasm, 'validate');
  const validated = async (limits: Partial<SandboxLimits>, bytes = component): Promise<number> => {
    validate.mockClear();
    await compileComponent(bytes, limits);
    return validate.mock.calls.length;
  };
  try {
    expect(await validated({ memories: 7 })).toBe(2);
    expect(await validated({ memories: 7 }, component.slice())).toBe(0);
    expect(await validated({ memories: 8 })).toBe(2);
    expect(await validated({ memories: 7 })).toBe(0);
  } finally {
    validate.mockRestore();
  }
});
