/** Name sections that no compiler writes, on their way through the rewriting into V8's stacks. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rewriteModule } from '../meter/index.js';
import { readModuleFacts } from '../module-facts.js';
import { concat, leb, section, text } from '../wasm-bytes.js';
import { wasm } from '../web-assembly.js';
import { describeFrames, explainTrap, moduleName, modulePositions } from './index.js';

const NAME = moduleName('5d41402a', 0);
/** (module (func (export "f") unreachable)) */
const CORE = concat([
  [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  section(1, [[1, 0x60, 0, 0]]),
  section(3, [[1, 0]]),
  section(7, [[1], text('f'), [0, 0]]),
  section(10, [[1, 3, 0, 0x00, 0x0b]]),
]);

/** Rewrite, compile, trap, explain. */
function crash(...names: readonly Uint8Array[]): { readonly stack: string; readonly message: string } {
  const module = concat([CORE, ...names.map((body) => section(0, [text('name'), body]))]);
  const facts = readModuleFacts(module);
  const meter = { deadline: 'none', fuel: false } as const;
  const { bytes, origins } = rewriteModule(module, facts, {
    tableMaxima: [],
    meter,
    functionBytes: 1000,
    moduleName: NAME,
  });
  const run = new wasm.Instance(new wasm.Module(bytes), {}).exports.f as () => void;
  try {
    run();
  } catch (error) {
    const frames = explainTrap(error, [modulePositions(NAME, module, facts, origins)]);
    expect(frames).toMatchObject([{ module: 0, source: undefined, codeOffset: 3 }]);
    return { stack: (error as Error).stack!, message: describeFrames(frames) };
  }
  throw new Error('It did not trap');
}

const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** What a stack of one frame and its callers in this file may take. */
function expectHarmless({ stack, message }: ReturnType<typeof crash>): void {
  expect(stack).not.toMatch(CONTROLS);
  expect(stack.split('\n')[1]).toMatch(/:wasm-function\[0\]:0x[0-9a-f]+\)$/);
  expect(stack.split('\n')[1]!.length).toBeLessThan(500);
  expect(message).toMatch(/^ in .*core module 0, byte 0x[0-9a-f]+\)?$/);
  expect(message.length).toBeLessThan(200);
}

const functionName = (name: Uint8Array): Uint8Array => section(1, [[1, 0], leb(name.length), name]);

test('a function may be called anything', () => {
  const piece = fc.constantFrom(
    '\n    at ',
    '\r',
    '\u001b[2J',
    '\u202e',
    `(wasm://wasm/${NAME}-12345678:`,
    'naïve',
    ')',
    ' ',
    '.',
  );
  const name = fc.oneof(
    fc.array(piece, { maxLength: 100 }).map((pieces) => new TextEncoder().encode(pieces.join(''))),
    fc.uint8Array({ maxLength: 1000 }),
  );
  fc.assert(fc.property(name, (bytes) => expectHarmless(crash(functionName(bytes)))));
});

test('a name section may hold anything', () => {
  const subsection = fc.tuple(fc.nat(12), fc.uint8Array({ maxLength: 40 })).map(([id, body]) => section(id, [body]));
  const sections = fc.oneof(fc.array(subsection, { maxLength: 5 }).map(concat), fc.uint8Array({ maxLength: 60 }));
  fc.assert(fc.property(sections, (names) => expectHarmless(crash(names))));
});

test('a name as long as the section costs no more than its beginning', () => {
  const { stack, message } = crash(functionName(new Uint8Array(8 * 1024 * 1024).fill(0x6e)));
  expectHarmless({ stack, message });
  expect(message).toMatch(/^ in n{100}… \(/);
});

test('a second name section, which is copied as it is, is not looked at', () => {
  const hostile = functionName(text('\u001b[2J'));
  const harmless = functionName(text('decode'));
  for (const sections of [
    [hostile, harmless],
    [harmless, hostile],
    [Uint8Array.of(0xff), hostile],
    [new Uint8Array(), hostile],
  ]) {
    expectHarmless(crash(...sections));
  }
});
