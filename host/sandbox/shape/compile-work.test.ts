import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { cpuMs } from '../../../test/support/cpu-time.js';
import { thrown } from '../../../test/support/thrown.js';
import type { PluginError } from '../../errors/index.js';
import { readCodeFacts } from '../meter/code-facts.js';
import { BR, BR_TABLE, END, RETURN, THROW, UNREACHABLE } from '../meter/opcodes.js';
import { newOperator, OperatorReader } from '../meter/operator-reader.js';
import { readModuleFacts } from '../module-facts.js';
import { wasm } from '../web-assembly.js';
import { checkCompileWork, MAX_COMPILE_WORK, WorkCounter } from './compile-work.js';

const MIB = 1024 * 1024;

async function moduleOf(fields: string) {
  const module = new Uint8Array(await parse(`(module ${fields})`));
  expect(wasm.validate(module)).toBe(true);
  return { module, facts: readCodeFacts(module, readModuleFacts(module), MIB) };
}

/** Work of the first function. */
async function workOf(fields: string): Promise<number> {
  const { module, facts } = await moduleOf(fields);
  const own = facts.bodies.locals[0]! + facts.types.parameters[facts.functionTypes[facts.importedFunctions]!]!;
  return new WorkCounter(module, facts).count(0, own);
}

describe('work', () => {
  const cases = [
    { name: 'of code without control is none', code: '(drop (i32.add (local.get 0) (i32.const 1)))', want: 0 },
    { name: 'of a block that nothing leaves is none', code: '(block)', want: 0 },
    { name: 'of an if is four notes', code: '(local.get 0) (if (then))', want: 4 * 10 },
    { name: 'of its else is another', code: '(local.get 0) (if (then) (else))', want: 5 * 10 },
    { name: 'of a loop is many, and what it is by itself', code: '(loop)', want: 16 * 10 + 1000 },
    { name: 'of a loop inside of another is more', code: '(loop (loop)) (loop)', want: 3 * (16 * 10 + 1000) + 16 },
    { name: 'of a branch is two', code: '(block (br_if 0 (local.get 0)))', want: 2 * 10 },
    {
      name: 'of a branch table is two for each place to go, not for each entry',
      code: `(block (block (br_table 0 1 ${'0 '.repeat(98)} (local.get 0))))`,
      want: 100 + 3 * 2 * 10,
    },
    {
      name: 'counts operands that wait on the stack',
      code: '(i32.const 1) (local.get 0) (if (then)) (drop)',
      want: 4 * 11,
    },
    {
      name: 'counts what blocks take and leave',
      code: '(i32.const 1) (block (param i32) (result i32 i32) (i32.const 2)) (drop) (drop)',
      want: 3,
    },
    { name: 'of a call is its arguments and a look at the notes', code: '(call 0 (i32.const 1))', want: 8 + 11 / 4 },
    {
      name: 'goes on with the height that a block left behind a branch',
      code: '(block (result i32) (i32.const 1) (i32.const 2) (i32.const 3) (br 0)) (local.get 0) (if (then)) (drop)',
      want: 1 + 2 * 13 + 4 * 11,
    },
  ];
  for (const { name, code, want } of cases) {
    test(name, async () => {
      expect(await workOf(`(func (param i32) (local ${'i32 '.repeat(9)}) ${code})`)).toBe(want);
    });
  }
});

describe('checkCompileWork()', () => {
  const locals = (count: number): string => `(local ${'i32 '.repeat(count)})`;
  const attacks = [
    { name: 'many locals and loops', fields: `(func ${locals(40_000)} ${'(loop)'.repeat(2000)})` },
    {
      name: 'many locals and branches',
      fields: `(func ${locals(40_000)} ${'(block (br_if 0 (i32.const 0)))'.repeat(2000)})`,
    },
    { name: 'many locals and calls', fields: `(func ${locals(40_000)} ${'(call 0)'.repeat(10_000)})` },
    {
      name: 'many operands and branches',
      fields: `(func ${'(i32.const 0) '.repeat(8000)} ${'(if (i32.const 0) (then))'.repeat(2000)} ${'(drop) '.repeat(8000)})`,
    },
    { name: 'loops inside of loops', fields: `(func ${'(loop '.repeat(1500)}${')'.repeat(1500)})` },
    {
      name: 'many locals and loops inside of loops',
      fields: `(func ${locals(1000)} ${'(loop '.repeat(500)}${')'.repeat(500)})`,
    },
    {
      name: 'branch tables out of deep blocks',
      fields: `(func ${locals(3000)} ${'(block '.repeat(2000)} ${'(block (br_table 0 1 2 3 4 5 6 7 (i32.const 0)))'.repeat(2000)} ${')'.repeat(2000)})`,
    },
  ];
  for (const { name, fields } of attacks) {
    test(`refuses ${name}`, async () => {
      const { module, facts } = await moduleOf(fields);
      const errors: PluginError[] = [];
      expect(cpuMs(() => errors.push(thrown(() => checkCompileWork(module, facts))))).toBeLessThan(2000);
      const [error] = errors;
      expect(error?.code).toBe('LIMIT_EXCEEDED');
      expect(error?.message).toBe(
        `Cannot load a core module: its function 0 takes more than ${MAX_COMPILE_WORK} units of work to compile`,
      );
    });
  }

  test('lets the same locals pass without the branches, and the branches without the locals', async () => {
    for (const fields of [`(func ${locals(40_000)})`, `(func ${'(loop)'.repeat(5000)})`]) {
      const { module, facts } = await moduleOf(fields);
      checkCompileWork(module, facts);
    }
  });

  test('names the function with its index among all', async () => {
    const { module, facts } = await moduleOf(
      `(import "a" "b" (func)) (func) (func ${locals(40_000)} ${'(loop)'.repeat(2000)})`,
    );
    expect(thrown(() => checkCompileWork(module, facts)).details).toMatchObject({ function: 2 });
  });
});

describe('real modules', () => {
  const vendored = (name: string): string =>
    fileURLToPath(new URL(`../../../node_modules/@bytecodealliance/${name}`, import.meta.url));
  const modules = [
    'jco-transpile/vendor/js-component-bindgen-component.core.wasm',
    'jco-transpile/vendor/wasm-tools.core.wasm',
    'jco/lib/wasi_snapshot_preview1.reactor.wasm',
  ];
  for (const name of modules) {
    test(`${name}: stays far below the limit, and the operands are counted exactly`, () => {
      const module = new Uint8Array(readFileSync(vendored(name)));
      const facts = readCodeFacts(module, readModuleFacts(module), MIB);
      checkCompileWork(module, facts);
      const counter = new WorkCounter(module, facts);
      let most = 0;
      let exact = 0;
      for (let i = 0; i < facts.bodies.count; i++) {
        const type = facts.functionTypes[facts.importedFunctions + i]!;
        most = Math.max(most, counter.count(i, facts.bodies.locals[i]! + facts.types.parameters[type]!));
        // Behind a jump nothing is said of the stack; everywhere else its height is that of the results.
        if (endsReachably(module, facts.bodies.code[i]!, facts.bodies.ends[i]!)) {
          expect(counter.height).toBe(facts.types.results[type]);
          exact++;
        }
      }
      expect(most).toBeLessThan(MAX_COMPILE_WORK / 3);
      expect(exact).toBeGreaterThan(facts.bodies.count / 3);
    });
  }
});

/** Whether no operator outside of all blocks jumps away, so that the function's end is reached with its results. */
function endsReachably(module: Uint8Array, start: number, end: number): boolean {
  const reader = new OperatorReader(module, start, end);
  const operator = newOperator();
  const jumps = new Set([UNREACHABLE, BR, BR_TABLE, RETURN, THROW]);
  for (let depth = 0; reader.next(operator); ) {
    const { code } = operator;
    if (depth === 0 && jumps.has(code)) return false;
    if (code === END) depth--;
    else if ((code >= 0x02 && code <= 0x04) || code === 0x06 || code === 0x1f) depth++;
  }
  return true;
}
