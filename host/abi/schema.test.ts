import { describe, expect, expectTypeOf, test } from 'vitest';
import type { Infer, InferInput, RequestInputOf, ResponseOf, Value } from './index.js';
import {
  any,
  bin,
  bool,
  capabilities,
  defineHook,
  doc,
  f64,
  hooks,
  int,
  list,
  map,
  oneOf,
  optional,
  str,
  struct,
  withDefault,
} from './index.js';

describe('Infer', () => {
  const everything = struct('Everything', {
    text: str,
    flag: doc('Documented and required.', bool),
    level: oneOf('low', 'high'),
    ratio: optional(f64),
    bytes: doc('Documented and optional.', optional(bin)),
    names: withDefault(list(str), []),
    limits: withDefault(map(int), {}),
    inner: struct({ value: any, note: withDefault(str, '') }),
  });

  test('gives decoded values their defaults and optional fields a question mark', () => {
    expectTypeOf<Infer<typeof everything>>().toEqualTypeOf<{
      readonly text: string;
      readonly flag: boolean;
      readonly level: 'low' | 'high';
      readonly names: readonly string[];
      readonly limits: ReadonlyMap<string, number>;
      readonly inner: { readonly value: Value; readonly note: string };
      readonly ratio?: number | undefined;
      readonly bytes?: Uint8Array | undefined;
    }>();
  });

  test('lets the writer leave defaults out and give a map as an object', () => {
    expectTypeOf<InferInput<typeof everything>>().toEqualTypeOf<{
      readonly text: string;
      readonly flag: boolean;
      readonly level: 'low' | 'high';
      readonly inner: { readonly value: Value; readonly note?: string | undefined };
      readonly ratio?: number | undefined;
      readonly bytes?: Uint8Array | undefined;
      readonly names?: readonly string[] | undefined;
      readonly limits?: ReadonlyMap<string, number> | Readonly<Record<string, number>> | undefined;
    }>();
  });

  test('reaches through a hook', () => {
    const score = defineHook('acme:score/score@1.0.0', {
      request: struct({ text: str, tags: withDefault(list(str), []) }),
      response: struct({ score: f64 }),
    });
    expectTypeOf<RequestInputOf<typeof score>>().toEqualTypeOf<{
      readonly text: string;
      readonly tags?: readonly string[] | undefined;
    }>();
    expectTypeOf<ResponseOf<typeof score>>().toEqualTypeOf<{ readonly score: number }>();
  });
});

describe('the builders refuse', () => {
  const cases = [
    { name: 'a field named __proto__', make: () => struct({ ['__proto__']: str }) },
    { name: 'a field that every object inherits', make: () => struct({ constructor: str }) },
    { name: 'a field in snake case', make: () => struct({ exit_code: int }) },
    { name: 'a struct name in lower case', make: () => struct('thing', {}) },
    { name: 'oneOf() without a value', make: () => Reflect.apply(oneOf, undefined, []) },
    { name: 'oneOf() with a value twice', make: () => oneOf('a', 'a') },
    { name: 'a default of another kind', make: () => Reflect.apply(withDefault, undefined, [int, 'one']) },
    { name: 'a default outside the exact integers', make: () => withDefault(int, 2 ** 53) },
    {
      name: 'a default that oneOf() does not know',
      make: () => Reflect.apply(withDefault, undefined, [oneOf('a'), 'b']),
    },
    { name: 'a default list with items', make: () => withDefault(list(int), [1]) },
    { name: 'a default struct', make: () => withDefault(struct({}), {}) },
    { name: 'list() of nothing', make: () => Reflect.apply(list, undefined, [undefined]) },
    {
      name: 'a hook id without a version',
      make: () => defineHook('acme:score/score', { request: struct({}), response: struct({}) }),
    },
    {
      name: 'a hook whose message is not a struct',
      make: () => Reflect.apply(defineHook, undefined, ['a:b/c@1.0.0', { request: str, response: struct({}) }]),
    },
  ];
  for (const { name, make } of cases) {
    test(name, () => {
      expect(make).toThrow(TypeError);
    });
  }
});

test('schemas and hooks cannot be changed by their users', () => {
  expect(Object.isFrozen(hooks.command.request.fields[0])).toBe(true);
  expect(Object.isFrozen(capabilities.log)).toBe(true);
});

test('every hook and capability has the id that its name says', () => {
  const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  for (const [name, hook] of Object.entries(hooks)) {
    expect(hook.id).toBe(`wasm-plugin:hook/${kebab(name)}@1.0.0`);
  }
  for (const [name, capability] of Object.entries(capabilities)) {
    expect(capability.id).toBe(`wasm-plugin:host/${kebab(name)}@1.0.0`);
  }
});
