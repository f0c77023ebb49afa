import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { ECHO, quietOptions, SCORE, startTextPlugin, textPluginSource } from '../../test/support/text-plugin.js';
import { rejected, thrown } from '../../test/support/thrown.js';
import type { ComponentInstance, InstanceOptions } from './index.js';
import { compileComponent } from './index.js';

const NOTHING = new Uint8Array();
const MAIN = '(core module $main';

/** The text plugin with definitions before its main module, which imports from the core instance `$extra` as `extra`. */
async function startWith(
  before: string,
  plugin: Parameters<typeof textPluginSource>[0],
  options: Partial<InstanceOptions> = {},
): Promise<ComponentInstance> {
  const source = textPluginSource(plugin)
    .replace(MAIN, `${before} ${MAIN}`)
    .replace('(with "host"', '(with "extra" (instance $extra)) (with "host"');
  return (await compileComponent(await parse(source))).instantiate(quietOptions(options));
}

const number = (instance: ComponentInstance): number =>
  Buffer.from(instance.call(SCORE, NOTHING).payload).readInt32LE();
const answer = (compute: string): string =>
  `(i32.store (i32.const 512) ${compute}) (call $answer (i32.const 0) (i32.const 512) (i32.const 4))`;

describe('WASI', () => {
  const exit = `
    (type $exit (instance (export "exit" (func (param "status" (result))))))
    (import "wasi:cli/exit@0.2.3" (instance $exit (type $exit)))
    (core func $exit (canon lower (func $exit "exit")))
    (core instance $extra (export "exit" (func $exit)))`;
  const imports = '(import "extra" "exit" (func $exit (param i32)))';

  test('exit ends the instance, whatever the guest catches, and not the host', async () => {
    const handle = `try (call $exit (i32.const 1)) catch_all end ${ECHO}`;
    const instance = await startWith(exit, { imports, handle });
    const error = thrown(() => instance.call(SCORE, NOTHING));
    expect(error.code).toBe('GUEST_EXIT');
    expect(error.message).toContain('exit code 1');
    expect(thrown(() => instance.call(SCORE, NOTHING)).code).toBe('PLUGIN_CLOSED');
  });

  test('exit in a start function fails the instantiation', async () => {
    const main = '(func $begin (call $exit (i32.const 0))) (start $begin)';
    expect((await rejected(startWith(exit, { imports, main }))).code).toBe('GUEST_EXIT');
  });

  test('a function that this host does not have traps and names itself, when it is called', async () => {
    const before = `
      (type $sockets (instance (export "drop-all" (func))))
      (import "wasi:sockets/network@0.2.0" (instance $sockets (type $sockets)))
      (core func $f (canon lower (func $sockets "drop-all")))
      (core instance $extra (export "f" (func $f)))`;
    const instance = await startWith(before, {
      imports: '(import "extra" "f" (func $f))',
      handle: `(if (local.get $len) (then (call $f))) ${ECHO}`,
    });
    expect(instance.call(SCORE, NOTHING).ok).toBe(true);
    const error = thrown(() => instance.call(SCORE, new Uint8Array(1)));
    expect(error.code).toBe('GUEST_TRAP');
    expect(error.message).toContain('wasi:sockets/network#drop-all');
  });

  test('a handle that the guest never got cannot be dropped', async () => {
    const before = `
      (type $streams (instance (export "output-stream" (type (sub resource)))))
      (import "wasi:io/streams@0.2.3" (instance $streams (type $streams)))
      (alias export $streams "output-stream" (type $stream))
      (core func $drop (canon resource.drop $stream))
      (core instance $extra (export "drop" (func $drop)))`;
    const instance = await startWith(before, {
      imports: '(import "extra" "drop" (func $drop (param i32)))',
      handle: `(call $drop (i32.const 77)) ${ECHO}`,
    });
    expect(thrown(() => instance.call(SCORE, NOTHING)).code).toBe('GUEST_TRAP');
  });

  test('lines that a sink refuses end the instance', async () => {
    const before = `
      (type $error (instance (export "error" (type (sub resource)))))
      (import "wasi:io/error@0.2.3" (instance $error (type $error)))
      (alias export $error "error" (type $e))
      (type $streams (instance
        (alias outer 1 $e (type $e0)) (export "error" (type $error (eq $e0)))
        (export "output-stream" (type $out (sub resource)))
        (type $v (variant (case "last-operation-failed" (own $error)) (case "closed")))
        (export "stream-error" (type $stream-error (eq $v)))
        (type $bytes (list u8)) (type $done (result (error $stream-error)))
        (export "[method]output-stream.blocking-write-and-flush"
          (func (param "self" (borrow $out)) (param "contents" $bytes) (result $done)))))
      (import "wasi:io/streams@0.2.3" (instance $streams (type $streams)))
      (alias export $streams "output-stream" (type $out))
      (type $stdout (instance
        (alias outer 1 $out (type $o)) (export "output-stream" (type $out (eq $o)))
        (export "get-stdout" (func (result (own $out))))))
      (import "wasi:cli/stdout@0.2.3" (instance $stdout (type $stdout)))
      (core func $get (canon lower (func $stdout "get-stdout")))
      (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $memory)))
      (core instance $extra (export "get" (func $get)) (export "write" (func $write)))`;
    const plugin = {
      imports:
        '(import "extra" "get" (func $get (result i32))) (import "extra" "write" (func $write (param i32 i32 i32 i32)))',
      handle: `(call $write (call $get) (local.get $ptr) (local.get $len) (i32.const 2048)) ${ECHO}`,
    };
    const lines: string[] = [];
    const wasi = quietOptions().wasi;
    const instance = await startWith(before, plugin, { wasi: { ...wasi, onLine: (_, line) => lines.push(line) } });
    instance.call(SCORE, Buffer.from('hello\nwor'));
    expect(lines).toEqual(['hello', 'wor']);
    const failing = await startWith(before, plugin, {
      wasi: {
        ...wasi,
        onLine: () => {
          throw new Error('disk full');
        },
      },
    });
    const error = thrown(() => failing.call(SCORE, Buffer.from('wor')));
    expect(error.code).toBe('HOST_BUG');
    expect(failing.failure).toBe(error);
    // Nothing is offered to the sink again.
    failing.close();
  });
});

describe('calls between two components of one file', () => {
  const inner = (type: string, core: string, post = '') => `
    (component $inner
      (core module $m (memory (export "m") 1)
        (global $posts (mut i32) (i32.const 0))
        (func (export "f") ${core})
        (func (export "post") (param i32) (global.set $posts (i32.add (global.get $posts) (i32.const 1)))))
      (core instance $i (instantiate $m))
      (alias core export $i "m" (core memory $memory))
      (type $f (func ${type}))
      (func $f (type $f) (canon lift (core func $i "f") (memory $memory) ${post}))
      (export "f" (func $f)))
    (instance $inner (instantiate $inner))
    (core func $f (canon lower (func $inner "f") (memory $memory)))
    (core instance $extra (export "f" (func $f)))`;

  for (const post of ['', '(post-return (core func $i "post"))']) {
    test(`pass plain numbers through ${post}`, async () => {
      const before = inner(
        '(param "a" u32) (param "b" s64) (result u32)',
        '(param i32 i64) (result i32) (i32.add (local.get 0) (i32.wrap_i64 (local.get 1)))',
        post,
      );
      const instance = await startWith(before, {
        imports: '(import "extra" "f" (func $f (param i32 i64) (result i32)))',
        handle: answer('(call $f (i32.const 40) (i64.const 2))'),
      });
      expect(number(instance)).toBe(42);
    });
  }

  test('are refused while the guest is asked to allocate or free', async () => {
    const instance = await startWith(inner('(param "a" u32)', '(param i32)'), {
      imports: '(import "extra" "f" (func $f (param i32)))',
      post: '(call $f (i32.const 1))',
    });
    const error = thrown(() => instance.call(SCORE, NOTHING));
    expect(error.code).toBe('GUEST_TRAP');
    expect(error.message).toContain('allocate or free');
  });

  test('trap and name themselves when they carry more', async () => {
    const instance = await startWith(inner('(param "a" string)', '(param i32 i32)'), {
      imports: '(import "extra" "f" (func $f (param i32 i32)))',
      handle: `(if (local.get $len) (then (call $f (i32.const 0) (i32.const 0)))) ${ECHO}`,
    });
    expect(instance.call(SCORE, NOTHING).ok).toBe(true);
    const error = thrown(() => instance.call(SCORE, new Uint8Array(1)));
    expect(error.code).toBe('GUEST_TRAP');
    expect(error.message).toContain('between two components');
  });
});

describe('resources of the component', () => {
  const before = `
    (core module $d (global (export "dropped") (mut i32) (i32.const 0))
      (func (export "dtor") (param i32) (global.set 0 (local.get 0))))
    (core instance $d (instantiate $d))
    (type $r (resource (rep i32) (dtor (core func $d "dtor"))))
    (type $s (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core func $rep (canon resource.rep $r))
    (core func $drop (canon resource.drop $r))
    (core func $other (canon resource.rep $s))
    (alias core export $d "dropped" (core global $dropped))
    (core instance $extra (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))
      (export "other" (func $other)) (export "dropped" (global $dropped)))`;
  const imports = `
    (import "extra" "new" (func $new (param i32) (result i32)))
    (import "extra" "rep" (func $rep (param i32) (result i32)))
    (import "extra" "drop" (func $drop (param i32)))
    (import "extra" "other" (func $other (param i32) (result i32)))
    (import "extra" "dropped" (global $dropped (mut i32)))`;

  test('have handles, representations and a destructor', async () => {
    const handle = answer(`(call $rep (call $new (i32.const -7)))`);
    expect(number(await startWith(before, { imports, handle }))).toBe(-7);
    const dropping = `(call $drop (call $new (i32.const 5))) ${answer('(global.get $dropped)')}`;
    expect(number(await startWith(before, { imports, handle: dropping }))).toBe(5);
  });

  const misuse = [
    { name: 'a handle that was never made', body: '(drop (call $rep (i32.const 99)))' },
    { name: 'a handle of another type', body: '(drop (call $other (call $new (i32.const 1))))' },
    { name: 'a handle that was dropped', body: '(call $drop (call $new (i32.const 1))) (call $drop (i32.const 1))' },
  ];
  for (const { name, body } of misuse) {
    test(`trap on ${name}`, async () => {
      const instance = await startWith(before, { imports, handle: `${body} ${ECHO}` });
      expect(thrown(() => instance.call(SCORE, NOTHING)).code).toBe('GUEST_TRAP');
    });
  }

  test('tell their representation also while the guest frees, but are not made or dropped there', async () => {
    const handle = `(drop (call $new (i32.const 5))) ${ECHO}`;
    const telling = await startWith(before, { imports, handle, post: '(drop (call $rep (i32.const 1)))' });
    expect(telling.call(SCORE, NOTHING).ok).toBe(true);
    for (const post of ['(drop (call $new (i32.const 1)))', '(call $drop (i32.const 1))']) {
      const instance = await startWith(before, { imports, handle, post });
      expect(thrown(() => instance.call(SCORE, NOTHING)).message).toContain('allocate or free');
    }
  });

  test('run out at a limit instead of filling the host', async () => {
    const instance = await startWith(before, {
      imports,
      handle: '(loop $l (drop (call $new (i32.const 1))) (br $l)) unreachable',
    });
    expect(thrown(() => instance.call(SCORE, NOTHING)).code).toBe('LIMIT_EXCEEDED');
  });
});

describe('core exports that do not fit', () => {
  test('a hook that takes 64-bit numbers is an error of the component', async () => {
    const source = textPluginSource().replace(
      '(func (export "handle") (param $ptr i32)',
      '(func (export "handle") (param i64) (param $ptr i32)',
    );
    const instance = (await compileComponent(await parse(source))).instantiate(quietOptions());
    expect(thrown(() => instance.call(SCORE, NOTHING)).code).toBe('COMPONENT_MALFORMED');
  });

  for (const name of ['"cabi_realloc"', '"memory"']) {
    test(`${name} that is not there fails the instantiation`, async () => {
      const source = textPluginSource().replace(
        `(alias core export $allocator ${name}`,
        '(alias core export $allocator "lost"',
      );
      const compiled = await compileComponent(await parse(source));
      const error = thrown(() => compiled.instantiate(quietOptions()));
      expect(error.code).toBe('COMPONENT_MALFORMED');
      expect(error.message).toContain('"lost"');
    });
  }

  test('a function where the memory should be fails the instantiation', async () => {
    const source = textPluginSource()
      .replace(
        '(core instance $lowered',
        '(alias core export $allocator "cabi_realloc" (core memory $wrong)) (core instance $lowered',
      )
      .replace('(canon lift (core func $handle) (memory $memory)', '(canon lift (core func $handle) (memory $wrong)');
    const compiled = await compileComponent(await parse(source));
    expect(thrown(() => compiled.instantiate(quietOptions())).code).toBe('COMPONENT_MALFORMED');
  });
});

test('a text plugin starts as it is', async () => {
  expect((await startTextPlugin()).failure).toBeUndefined();
});
