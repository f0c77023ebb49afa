import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { cpuMs } from '../../test/support/cpu-time.js';
import { thrown } from '../../test/support/thrown.js';
import { PluginError } from '../errors/index.js';
import { DEFAULT_COMPONENT_LIMITS, decodeComponent, describeComponent } from './index.js';

const SIGNATURE = 'func(request: list<u8>) -> result<list<u8>, list<u8>>';
const BYTES = '(type $bytes (list u8)) (type $answer (result $bytes (error $bytes)))';
const HANDLE = '(param "request" $bytes) (result $answer)';

/** What wit-component makes of a small core module: a shim, a fixup, and a nested component around the export. */
async function realComponent(): Promise<Uint8Array> {
  const core = await parse(`(module
    (import "wasm-plugin:host/log@1.0.0" "call" (func (param i32 i32 i32)))
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
    (func (export "acme:score/score@1.2.0#handle") (param i32 i32) (result i32) (i32.const 0))
    (func (export "cabi_post_acme:score/score@1.2.0#handle") (param i32)))`);
  const witSource = `package local:plugin;
    world plugin { import wasm-plugin:host/log@1.0.0; export acme:score/score@1.2.0; }
    package wasm-plugin:host@1.0.0 { interface log { call: ${SIGNATURE}; } }
    package acme:score@1.2.0 { interface score { handle: ${SIGNATURE}; } }`;
  return componentNew(await componentEmbed({ binary: core, witSource, world: 'plugin' }));
}

/** A component whose one function is lifted with the type that `definitions` call `$handle`. */
const exporting = (name: string, definitions: string): string => `(component
  (core module $m (memory (export "m") 1)
    (func (export "r") (param i32 i32 i32 i32) (result i32) (i32.const 0))
    (func (export "h") (param i32 i32) (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (alias core export $i "m" (core memory $memory))
  (alias core export $i "r" (core func $realloc))
  (alias core export $i "h" (core func $h))
  ${definitions}
  (func $handle (type $handle) (canon lift (core func $h) (memory $memory) (realloc $realloc)))
  (instance $interface (export "handle" (func $handle)))
  (export "${name}" (instance $interface)))`;

const importing = (name: string, declarations: string): string =>
  `(component (type $t (instance ${declarations})) (import "${name}" (instance (type $t))))`;

let real = new Uint8Array();
beforeAll(async () => {
  real = new Uint8Array(await realComponent());
});

describe('decodeComponent()', () => {
  test('makes a plan of what wit-component emits', () => {
    const plan = decodeComponent(real);
    expect(plan.imports).toEqual(['wasm-plugin:host/log@1.0.0']);
    expect(plan.exports).toEqual(['acme:score/score@1.2.0']);
    expect(plan.modules).toHaveLength(3);
    expect(plan.instances.map((instance) => instance.kind)).toEqual([
      'instantiate', // the shim: a table of trampolines
      'exports',
      'instantiate', // the module itself
      'exports',
      'instantiate', // the fixup, which fills the table
    ]);
    const at = (name: string) => ({ kind: 'export', instance: 2, name });
    expect(plan.hooks.get('acme:score/score@1.2.0')).toEqual({
      handle: at('acme:score/score@1.2.0#handle'),
      memory: at('memory'),
      realloc: at('cabi_realloc'),
      postReturn: at('cabi_post_acme:score/score@1.2.0#handle'),
    });
    expect(plan.instances[3]).toMatchObject({
      exports: new Map([
        [
          '0',
          {
            kind: 'lowered',
            interface: 'wasm-plugin:host/log@1.0.0',
            func: 'call',
            memory: at('memory'),
            realloc: at('cabi_realloc'),
            signature: { parameters: ['i32', 'i32', 'i32'], results: [] },
          },
        ],
      ]),
    });
  });

  test('views the modules in place', () => {
    for (const module of decodeComponent(real).modules) {
      expect(module.buffer).toBe(real.buffer);
      expect([...module.subarray(0, 4)]).toEqual([0, 97, 115, 109]);
    }
  });

  test('sees through outer aliases, nested components and inline instances', async () => {
    const bytes = await parse(`(component
      (core module $m (memory (export "m") 1)
        (func (export "r") (param i32 i32 i32 i32) (result i32) (i32.const 0))
        (func (export "h") (param i32 i32) (result i32) (i32.const 0)))
      ${BYTES} (type $handle (func ${HANDLE}))
      (component $maker
        (alias outer 1 $m (core module $m))
        (alias outer 1 $handle (type $handle))
        (core instance $i (instantiate $m))
        (alias core export $i "m" (core memory $memory))
        (alias core export $i "r" (core func $realloc))
        (alias core export $i "h" (core func $h))
        (func (export "handle") (type $handle) (canon lift (core func $h) (memory $memory) (realloc $realloc))))
      (component $twice
        (import "maker" (component $maker (export "handle" (func (type $handle)))))
        (instance $a (instantiate $maker))
        (instance $b (instantiate $maker))
        (export "b" (instance $b)))
      (instance $made (instantiate $twice (with "maker" (component $maker))))
      (alias export $made "b" (instance $b))
      (export "acme:score/score@1.0.0" (instance $b)))`);
    const plan = decodeComponent(bytes);
    expect(plan.modules).toHaveLength(1);
    expect(plan.instances).toHaveLength(2);
    expect(plan.hooks.get('acme:score/score@1.0.0')?.handle).toEqual({ kind: 'export', instance: 1, name: 'h' });
  });

  test('keeps resources of imports and of the component apart', async () => {
    const bytes = await parse(`(component
      (type $streams (instance (export "output-stream" (type (sub resource)))))
      (import "wasi:io/streams@0.2.3" (instance $streams (type $streams)))
      (alias export $streams "output-stream" (type $stream))
      (type $stdout (instance
        (alias outer 1 $stream (type $s)) (export "output-stream" (type $t (eq $s)))
        (export "get-stdout" (func (result (own $t))))))
      (import "wasi:cli/stdout@0.2.3" (instance $stdout (type $stdout)))
      (alias export $stdout "output-stream" (type $same))
      (type $own (resource (rep i32)))
      (core func $drop (canon resource.drop $same))
      (core func $new (canon resource.new $own))
      (core instance (export "drop" (func $drop)) (export "new" (func $new))))`);
    expect(decodeComponent(bytes).instances[0]).toMatchObject({
      exports: new Map([
        [
          'drop',
          expect.objectContaining({
            kind: 'drop-imported',
            interface: 'wasi:io/streams@0.2.3',
            resource: 'output-stream',
          }),
        ],
        ['new', expect.objectContaining({ kind: 'own-resource', operation: 'new', resource: 0 })],
      ]),
    });
  });

  const shapes = [
    { name: 'the plugin signature', type: `${BYTES} (type $handle (func ${HANDLE}))`, hook: true },
    {
      name: 'another name of the parameter',
      type: `${BYTES} (type $handle (func (param "x" $bytes) (result $answer)))`,
      hook: true,
    },
    {
      name: 'a string in place of bytes',
      type: `(type $b (list u8)) (type $a (result string (error $b))) (type $handle (func (param "r" string) (result $a)))`,
      hook: false,
    },
    {
      name: 'signed bytes',
      type: `(type $b (list s8)) (type $a (result $b (error $b))) (type $handle (func (param "r" $b) (result $a)))`,
      hook: false,
    },
    {
      name: 'no error arm',
      type: `(type $b (list u8)) (type $a (result $b)) (type $handle (func (param "r" $b) (result $a)))`,
      hook: false,
    },
    { name: 'a bare list', type: `(type $b (list u8)) (type $handle (func (param "r" $b) (result $b)))`, hook: false },
    {
      name: 'two parameters',
      type: `${BYTES} (type $handle (func (param "a" $bytes) (param "b" $bytes) (result $answer)))`,
      hook: false,
    },
    { name: 'no result', type: `${BYTES} (type $handle (func (param "a" $bytes)))`, hook: false },
    {
      name: 'a variant that looks like a result',
      type: `${BYTES} (type $v (variant (case "ok" $bytes) (case "error" $bytes))) (type $handle (func (param "a" $bytes) (result $v)))`,
      hook: false,
    },
  ];
  for (const { name, type, hook } of shapes) {
    test(`${hook ? 'takes' : 'ignores'} an export with ${name}`, async () => {
      const plan = decodeComponent(await parse(exporting('acme:score/score@1.0.0', type)));
      expect(plan.exports).toEqual(['acme:score/score@1.0.0']);
      expect([...plan.hooks.keys()]).toEqual(hook ? ['acme:score/score@1.0.0'] : []);
    });
  }

  test('refuses an export of our own namespace that has another shape', async () => {
    const bytes = await parse(exporting('wasm-plugin:hook/command@1.0.0', '(type $handle (func (param "a" u32)))'));
    expect(thrown(() => decodeComponent(bytes)).code).toBe('COMPONENT_UNSUPPORTED');
  });

  const imports = [
    {
      name: 'a function of another shape',
      source: importing('acme:x/y@1.0.0', '(export "call" (func (param "a" u32)))'),
      says: 'call',
    },
    {
      name: 'a function of another name',
      source: importing('acme:x/y@1.0.0', `${BYTES} (export "ask" (func ${HANDLE}))`),
      says: 'ask',
    },
    {
      name: 'a resource outside of WASI',
      source: importing('acme:x/y@1.0.0', '(export "r" (type (sub resource)))'),
      says: '"r"',
    },
    { name: 'a bare function', source: '(component (import "f" (func)))', says: '"f"' },
    { name: 'an instance with a plain name', source: '(component (import "f" (instance)))', says: '"f"' },
    { name: 'a core module', source: '(component (import "f" (core module)))', says: 'core' },
  ];
  for (const { name, source, says } of imports) {
    test(`refuses an import of ${name}`, async () => {
      const bytes = await parse(source);
      const error = thrown(() => decodeComponent(bytes));
      expect(error.code).toBe('COMPONENT_UNSUPPORTED');
      expect(error.message).toContain(says);
      expect(error.details.offset).toBeGreaterThan(7);
    });
  }

  const unsupported = [
    { name: 'core types', source: '(component (core type (func)))', says: 'core type' },
    { name: 'async functions', source: '(component (type (func async)))', says: 'async' },
    { name: 'streams', source: '(component (type (stream u8)))', says: 'stream' },
    { name: 'futures', source: '(component (type (future u8)))', says: 'future' },
    {
      name: 'strings that are not UTF-8',
      source: exporting('acme:a/b@1.0.0', `${BYTES} (type $handle (func ${HANDLE}))`).replace(
        '(realloc $realloc)))',
        '(realloc $realloc) string-encoding=utf16))',
      ),
      says: 'UTF-8',
    },
    { name: 'async built-ins', source: '(component (core func (canon task.cancel)))', says: 'built-in' },
  ];
  for (const { name, source, says } of unsupported) {
    test(`names ${name} as unsupported, with the offset`, async () => {
      const bytes = await parse(source);
      const error = thrown(() => decodeComponent(bytes));
      expect(error.code).toBe('COMPONENT_UNSUPPORTED');
      expect(error.message).toContain(says);
      expect(error.details.offset).toBeGreaterThanOrEqual(8);
    });
  }

  const sections = [
    { name: 'a start section', id: 9, code: 'COMPONENT_UNSUPPORTED' },
    { name: 'a value section', id: 12, code: 'COMPONENT_UNSUPPORTED' },
    { name: 'an unknown section', id: 13, code: 'COMPONENT_MALFORMED' },
    { name: 'a section longer than the file', id: 0, code: 'COMPONENT_MALFORMED', size: 9 },
  ];
  for (const { name, id, code, size = 1 } of sections) {
    test(`refuses ${name}`, () => {
      const bytes = Uint8Array.from([0, 97, 115, 109, 13, 0, 1, 0, id, size, 0]);
      const error = thrown(() => decodeComponent(bytes));
      expect(error.code).toBe(code);
      expect(error.message).toContain('at byte');
    });
  }

  test('tells a core module from a component', () => {
    const error = thrown(() => decodeComponent(Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0])));
    expect(error.code).toBe('COMPONENT_MALFORMED');
    expect(error.message).toContain('core module');
  });

  const names = ['A:b/c', 'a:b/c@1', 'a:b/C-d', 'a:b/c@01.0.0', 'a/b', 'a:b'];
  for (const name of names) {
    test(`refuses ${name} as the name of an export`, async () => {
      // jco checks names while it assembles, so a good name of the same length is patched.
      const good = `a:b/${'c'.repeat(20)}@1.0.0`;
      const bytes = new Uint8Array(await parse(`(component (instance) (export "${good}" (instance 0)))`));
      const at = Buffer.from(bytes).indexOf(good);
      const patched = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(name.padEnd(good.length, '_')),
        bytes.subarray(at + good.length),
      ]);
      expect(thrown(() => decodeComponent(patched)).code).toBe('COMPONENT_MALFORMED');
    });
  }
});

describe('decodeComponent() keeps its limits', () => {
  const limited = (limits: Partial<typeof DEFAULT_COMPONENT_LIMITS>) => ({ ...DEFAULT_COMPONENT_LIMITS, ...limits });

  const cases = [
    { name: 'bytes', limits: () => ({ componentBytes: real.byteLength - 1 }) },
    { name: 'items', limits: () => ({ items: 20 }) },
    { name: 'core modules', limits: () => ({ coreModules: 2 }) },
    { name: 'core instances', limits: () => ({ coreInstances: 4 }) },
    { name: 'name bytes', limits: () => ({ nameBytes: 8 }) },
    { name: 'nesting', limits: () => ({ nestingDepth: 1 }) },
  ];
  for (const { name, limits } of cases) {
    test(`of ${name}`, () => {
      expect(thrown(() => decodeComponent(real, limited(limits()))).code).toBe('LIMIT_EXCEEDED');
    });
  }

  test('when components instantiate one another ten times each', async () => {
    const levels = Array.from({ length: 12 }, (_, i) =>
      i === 0
        ? '(component $c0)'
        : `(component $c${i} (alias outer 1 $c${i - 1} (component $c)) ${'(instance (instantiate $c))'.repeat(10)})`,
    );
    const bytes = await parse(`(component ${levels.join(' ')} (instance (instantiate $c11)))`);
    expect(thrown(() => decodeComponent(bytes)).code).toBe('LIMIT_EXCEEDED');
  });

  test('when elder siblings nest deeper than any text does', async () => {
    const levels = Array.from({ length: 40 }, (_, i) =>
      i === 0
        ? '(component $c0)'
        : `(component $c${i} (alias outer 1 $c${i - 1} (component $c)) (instance (instantiate $c)))`,
    );
    const bytes = await parse(`(component ${levels.join(' ')} (instance (instantiate $c39)))`);
    expect(thrown(() => decodeComponent(bytes)).code).toBe('LIMIT_EXCEEDED');
  });

  test('when types nest deeper than the stack', async () => {
    const types = Array.from({ length: 20_000 }, (_, i) =>
      i === 0 ? '(type (option u8))' : `(type (option ${i - 1}))`,
    );
    const bytes = await parse(`(component ${types.join('')})`);
    expect(decodeComponent(bytes).exports).toEqual([]);
  });

  test('when a function of very many parameters is lowered very often', async () => {
    const [parameters, lowered] = [
      Array.from({ length: 90_000 }, (_, i) => `(param "p${i}" bool)`).join(''),
      '(core func (canon lower (func $f)))'.repeat(90_000),
    ];
    const bytes = await parse(`(component
      (core module $m (func (export "f"))) (core instance $i (instantiate $m)) (alias core export $i "f" (core func $f))
      (type $t (func ${parameters})) (func $f (type $t) (canon lift (core func $f))) ${lowered})`);
    // A tenth of a second; half a minute if every parameter were looked at each time.
    expect(cpuMs(() => expect(decodeComponent(bytes).modules).toHaveLength(1))).toBeLessThan(5000);
  });

  test('when a list claims more elements than there are bytes', () => {
    const bytes = Uint8Array.from([0, 97, 115, 109, 13, 0, 1, 0, 7, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    expect(thrown(() => decodeComponent(bytes)).code).toBe('COMPONENT_MALFORMED');
  });
});

test('what an instance inside an imported instance has is not provided', async () => {
  const nested = '(export "inner" (instance (export "f" (func))))';
  const bytes =
    await parse(`(component (type $t (instance ${nested})) (import "wasi:io/poll@0.2.0" (instance $i (type $t)))
    (alias export $i "inner" (instance $inner)) (alias export $inner "f" (func $f)) (core func (canon lower (func $f))))`);
  expect(thrown(() => decodeComponent(bytes)).code).toBe('COMPONENT_UNSUPPORTED');
});

describe('describeComponent()', () => {
  test('lists names without decoding the rest', () => {
    expect(describeComponent(real)).toEqual({
      imports: ['wasm-plugin:host/log@1.0.0'],
      exports: ['acme:score/score@1.2.0'],
    });
  });

  test('lists functions that stand by themselves', async () => {
    const bytes = await parse(
      '(component (import "f" (func)) (import "t" (type (sub resource))) (export "g" (func 0)))',
    );
    expect(describeComponent(bytes)).toEqual({ imports: ['f', 't'], exports: ['g'] });
  });
});

describe('any bytes', () => {
  const decodes = (bytes: Uint8Array): void => {
    for (const decode of [decodeComponent, describeComponent]) {
      try {
        decode(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(PluginError);
        expect(['COMPONENT_MALFORMED', 'COMPONENT_UNSUPPORTED', 'LIMIT_EXCEEDED']).toContain(
          (error as PluginError).code,
        );
      }
    }
  };

  test('every truncation of a component is refused or, at a section boundary, decoded', () => {
    for (let length = 0; length < real.byteLength; length++) {
      decodes(real.subarray(0, length));
    }
  });

  test('mutations are decoded or refused with a PluginError', () => {
    const at = fc.integer({ min: 8, max: real.byteLength - 1 });
    const edit = fc.record({ at, byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const bytes = real.slice();
        for (const { at: offset, byte } of edits) {
          bytes[offset] = byte;
        }
        decodes(bytes);
      }),
      { numRuns: 3000 },
    );
  });

  test('random sections after the preamble are decoded or refused with a PluginError', () => {
    const section = fc
      .tuple(fc.integer({ min: 0, max: 13 }), fc.uint8Array({ maxLength: 60 }))
      .map(([id, body]) => [id, body.length, ...body]);
    fc.assert(
      fc.property(fc.array(section, { maxLength: 6 }), (parts) => {
        decodes(Uint8Array.from([0, 97, 115, 109, 13, 0, 1, 0, ...parts.flat()]));
      }),
      { numRuns: 3000 },
    );
  });
});
