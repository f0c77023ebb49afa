/** What the error of a dead guest says of the place in its source: every toolchain, however the code was metered. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileAssemblyScript } from '../../host/compile/assemblyscript/index.js';
import { upToCode } from '../../host/compile/module-sections.js';
import { DEFAULT_COMPONENT_LIMITS, decodeComponent } from '../../host/component/index.js';
import type { PluginError } from '../../host/errors/index.js';
import { readPackage } from '../../host/package/index.js';
import { compileComponent, type InstanceOptions, type SandboxLimits } from '../../host/sandbox/index.js';
import { addr2line } from '../support/addr2line.js';
import { buildCTrap } from '../support/build-c.js';
import { cli } from '../support/cli.js';
import { compileFolder } from '../support/example-plugin.js';
import { quietOptions, SCORE, textPlugin, textPluginSource } from '../support/text-plugin.js';
import { rejected, thrown } from '../support/thrown.js';

const TRAP = 'acme:trap/trap@1.0.0';
const ECHO = 'acme:echo/echo@1.0.0';
const PROJECT = join(import.meta.dirname, '../programs/as-traps');

const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-positions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Call = (component: Uint8Array, hook: string, request: string, options?: InstanceOptions) => Promise<PluginError>;

function inline(limits: Partial<SandboxLimits>): Call {
  return async (component, hook, request, options = quietOptions()) => {
    const instance = (await compileComponent(component, limits)).instantiate(options);
    return thrown(() => instance.call(hook, new TextEncoder().encode(request)));
  };
}

function inThread(limits: Partial<SandboxLimits>): Call {
  return async (component, hook, request, options = quietOptions()) => {
    const instance = await (await compileComponent(component, limits, undefined, 'thread')).startThread(options);
    try {
      return await rejected(instance.call(hook, new TextEncoder().encode(request)));
    } finally {
      await instance.close();
    }
  };
}

const FUEL = 2_000_000_000;
/** The deadline is met in code by the default of this Node, by fuel as well, by fuel alone, and not at all. */
const MODES: readonly { readonly name: string; readonly call: Call }[] = [
  { name: 'inline', call: inline({}) },
  { name: 'inline with fuel', call: inline({ fuel: FUEL }) },
  { name: 'in a thread', call: inThread({}) },
  { name: 'in a thread with fuel', call: inThread({ fuel: FUEL }) },
];

let assemblyScript: Uint8Array;
let sif: Uint8Array;
let c: Uint8Array;
beforeAll(async () => {
  sif = await compileFolder(PROJECT);
  assemblyScript = readPackage(sif).component;
  c = await buildCTrap();
});

describe.each(MODES)('$name: an AssemblyScript plugin', ({ call }) => {
  const IN_DECODE = [
    { request: 'divide', why: 'divide by zero', position: 'assembly/decode.ts:4:12' },
    { request: 'unreachable', why: 'unreachable', position: 'assembly/decode.ts:7:5' },
    { request: 'outside', why: 'memory access out of bounds', position: 'assembly/decode.ts:10:12' },
  ];
  for (const { request, why, position } of IN_DECODE) {
    test(`names the line of ${request}, and the line that called it`, async () => {
      const error = await call(assemblyScript, TRAP, request);
      expect(error.message).toBe(
        `Cannot call ${TRAP}: the guest trapped, ${why} in decode (${position}), called from assembly/index.ts:7:16`,
      );
      expect(error).toMatchObject({
        code: 'GUEST_TRAP',
        details: { hook: TRAP, position, frames: `decode (${position}), assembly/index.ts:7:16` },
      });
    });
  }

  test('names its function where the library that ended it was inlined', async () => {
    const words = 'Index out of range at ~lib/array.ts:114:42';
    const error = await call(assemblyScript, TRAP, 'index', { ...quietOptions(), lastWords: () => words });
    expect(error.message).toContain(' at ~lib/array.ts:114:42", in assembly/decode/decode; ');
  });

  test('names its line where no memory was left, and says so', async () => {
    const error = await call(assemblyScript, TRAP, 'memory');
    expect(error.message).toMatch(
      /unreachable in .*\(~lib\/rt\/tlsf\.ts:.*, called from .*assembly\/decode\.ts:44:\d+/,
    );
    expect(error.hint).toMatch(/^It is out of memory: /);
    expect(error.details.position).toMatch(/^assembly\/decode\.ts:44:\d+$/);
  });

  test('names the function that used up the stack once, however often it is on it', async () => {
    const error = await call(assemblyScript, TRAP, 'deep');
    expect(error.message).toMatch(
      /Maximum call stack size exceeded in deeper \(assembly\/decode\.ts:25:\d+\)(, called from deeper \(assembly\/decode\.ts:25:10\))?$/,
    );
  });

  test('names the line of an assertion once, in its words, and where it stands in details', async () => {
    const error = await call(assemblyScript, TRAP, 'assert', {
      ...quietOptions(),
      lastWords: () => 'abort: length must be 0 at assembly/decode.ts:13:5',
    });
    expect(error.message).toBe(
      `Cannot call ${TRAP}: the guest trapped, unreachable after saying "abort: length must be 0 at assembly/decode.ts:13:5"; ` +
        'last host calls: wasm-plugin:host/log@1.0.0',
    );
    expect(error.details.position).toMatch(/^assembly\/decode\.ts:13:\d+$/);
    expect(error.details.frames).toMatch(
      /^wasm_plugin_abort \(~lib\/@wasm-plugin\/.*\), decode \(assembly\/decode\.ts:13:\d+\), /,
    );
  });
});

const STOPPED = [
  { name: 'a deadline', call: inline({ deadlineMs: 100 }), why: 'it ran longer than 100 ms' },
  { name: 'fuel', call: inline({ fuel: 1_000_000 }), why: 'it used up its 1000000 units of fuel' },
  { name: 'fuel in a thread', call: inThread({ fuel: 1_000_000 }), why: 'it used up its 1000000 units of fuel' },
];
for (const { name, call, why } of STOPPED) {
  test(`an endless loop that is stopped by ${name} is named`, async () => {
    const { message, details } = await call(assemblyScript, TRAP, 'endless');
    expect(message).toMatch(
      /; it was in decode \(assembly\/decode\.ts:(30|31|32):\d+\), called from assembly\/index\.ts:7:16$/,
    );
    expect(message.startsWith(`Cannot call ${TRAP}: ${why}; `)).toBe(true);
    expect(details.position).toMatch(/^assembly\/decode\.ts:3[012]:\d+$/);
  });
}

test('the command line prints the line, and no stack', async () => {
  writeFileSync(join(folder, 'traps.sif'), sif);
  const { stderr, exitCode } = await cli(['call', 'traps.sif', TRAP, '--raw', '--input', 'divide'], { cwd: folder });
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(
    /^ERROR: {3}.*the guest trapped, divide by zero in decode \(assembly\/decode\.ts:4:12\), called from assembly\/index\.ts:7:16\.$/m,
  );
  expect(stderr).not.toContain('    at ');
});

test('a project may keep its lines and names to itself', async () => {
  const silent = join(folder, 'silent');
  cpSync(PROJECT, silent, { recursive: true });
  const config = { extends: 'wasm-plugin/asconfig.json', options: { sourceMap: false } };
  writeFileSync(join(silent, 'asconfig.json'), JSON.stringify(config));
  const { bytes, sourceMap } = await compileAssemblyScript(silent, () => {});
  expect(sourceMap).toBeUndefined();
  expect(Buffer.from(bytes).includes('assembly/decode/')).toBe(false);
  const told = await compileAssemblyScript(PROJECT, () => {});
  expect(Buffer.from(told.bytes).includes('assembly/decode/')).toBe(true);
  expect(upToCode(told.bytes)).toEqual(upToCode(bytes));
});

describe.each(MODES)('$name: a C plugin', ({ call }) => {
  test('names functions, and the address that finds the line in its DWARF', async () => {
    const error = await call(c, ECHO, 'divide');
    expect(error.message).toMatch(
      /the guest trapped, divide by zero in decode \(core module 0, byte 0x[0-9a-f]+\), called from plugin_handle \(core module 0, byte 0x[0-9a-f]+\)$/,
    );
    expect(await addr2line(coreModule(c, 0), error.details.codeOffset as number)).toMatch(/^decode\n.*trap\.c:10\n/);
  });

  test('names the library function that ended it and who called that', async () => {
    const error = await call(c, ECHO, 'abort');
    expect(error.message).toMatch(
      /unreachable in abort \(.*\), called from decode \(.*\), called from plugin_handle \(.*\)$/,
    );
  });
});

describe.each(MODES)('$name: a plugin written as text', ({ call }) => {
  const DIVIDE = '(drop (i32.div_s (i32.const 1) (i32.const 0)))';
  const traps = [
    {
      name: 'a named function and its caller',
      handle: '(call $inner) (i32.const 0)',
      want: /divide by zero in inner \(core module 1, byte 0x([0-9a-f]+)\), called from core module 1, byte 0x[0-9a-f]+$/,
      operator: 0x6d,
    },
    {
      name: 'a function without a name',
      handle: `${DIVIDE} (i32.const 0)`,
      want: /divide by zero in core module 1, byte 0x([0-9a-f]+)$/,
      operator: 0x6d,
    },
    {
      name: 'a bulk operation, which the meter does in pieces',
      handle: '(memory.fill (i32.const 0x7ffffff) (i32.const 0) (i32.const 100000)) (i32.const 0)',
      want: /memory access out of bounds in core module 1, byte 0x([0-9a-f]+)$/,
      operator: 0xfc,
    },
    {
      name: 'a call that the stack had no room for',
      handle: '(call $deep) (i32.const 0)',
      want: /call stack size exceeded in deep \(core module 1, byte 0x[0-9a-f]+\)(?:, called from deep \(core module 1, byte 0x([0-9a-f]+)\))?$/,
      operator: 0x10,
    },
  ];
  for (const { name, handle, want, operator } of traps) {
    test(`names ${name}`, async () => {
      const plugin = await textPlugin({ handle, main: `(func $inner ${DIVIDE}) (func $deep (call $deep))` });
      const { message } = await call(plugin, SCORE, 'abcd');
      expect(message).toMatch(want);
      const byte = want.exec(message)?.[1];
      if (byte !== undefined) {
        expect(coreModule(plugin, 1)[Number.parseInt(byte, 16)]).toBe(operator);
      }
    });
  }

  test('names the allocator that trapped for the host', async () => {
    const realloc = '(func $allocate (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)';
    const error = await call(await textPlugin({ realloc }), SCORE, 'abcd');
    expect(error.message).toMatch(/unreachable in allocate \(core module 0, byte 0x[0-9a-f]+\)$/);
  });

  test('names who made the call that a capability refused for good', async () => {
    const plugin = await textPlugin({
      handle: '(call $ask) (i32.const 0)',
      main: '(func $ask (call $call (i32.const 0x7ffffff) (i32.const 1) (i32.const 0)))',
    });
    const error = await call(plugin, SCORE, 'abcd');
    expect(error.code).not.toBe('HOST_BUG');
    expect(error.details.frames).toMatch(/^ask \(core module 1, byte 0x[0-9a-f]+\), core module 1, byte 0x[0-9a-f]+$/);
  });
});

test('a name cannot drive the terminal that an error is printed on', async () => {
  const source = textPluginSource({ handle: 'unreachable', main: '' }).replace(
    '(func (export "handle")',
    '(func $handle@@@@@@ (export "handle")',
  );
  const component = await parse(source);
  const hostile = replaceBytes(component, 'handle@@@@@@', 'x\u001b[31m\nat y');
  const error = await inline({})(hostile, SCORE, 'abcd');
  const stack = (error.cause as Error).stack!;
  expect(stack).toContain('x?[31m?at y');
  expect(stack).not.toContain('\u001b');
  expect(error.message).toContain('in x?[31m?at y (core module 1, ');
});

function coreModule(component: Uint8Array, index: number): Uint8Array {
  return decodeComponent(component, DEFAULT_COMPONENT_LIMITS).modules[index]!;
}

/** The same component with another text of the same length in it. */
function replaceBytes(component: Uint8Array, from: string, to: string): Uint8Array {
  const at = Buffer.from(component).indexOf(from);
  expect(at).toBeGreaterThan(0);
  const changed = component.slice();
  changed.set(new TextEncoder().encode(to.padEnd(from.length)), at);
  return changed;
}
