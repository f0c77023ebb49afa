/** The operator tables against two decoders that others wrote: V8's, and that of wasm-tools behind jco. */
import { parse, print } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { listSection, moduleOf, sized } from '../../../test/support/core-module.js';
import { concat, leb, section } from '../wasm-bytes.js';
import { wasm } from '../web-assembly.js';
import * as opcodes from './opcodes.js';
import { newOperator, OperatorReader } from './operator-reader.js';
import {
  FIRST_PREFIX,
  type ImmediateName,
  LAST_PREFIX,
  type OperatorRow,
  operators,
  PREFIXED_OPERATORS,
} from './operators.js';

const NODE = Number.parseInt(process.versions.node, 10);
const UNREACHABLE = 0x00;
const END = 0x0b;
const I32 = 0x7f;
const FUNCTION_TYPE = [0x60, 0, 0];
/** 1 struct (i32, i8), 2 array of i8, 3 array of i32, 4 array of funcref; all mutable. */
const GC_TYPES = [
  [0x5f, 2, I32, 1, 0x78, 1],
  [0x5e, 0x78, 1],
  [0x5e, I32, 1],
  [0x5e, 0x70, 1],
];

/** A module that has one of everything that an operator can refer to. */
function around(
  bodies: readonly Uint8Array[],
  types: readonly (readonly number[])[],
  functionType = types.indexOf(FUNCTION_TYPE),
): Uint8Array {
  return moduleOf(
    listSection(1, types),
    listSection(
      3,
      bodies.map(() => [functionType]),
    ),
    listSection(4, [[0x70, 0, 1]]),
    listSection(5, [[0, 1]]),
    listSection(13, [[0, functionType]]),
    listSection(6, [[I32, 1, 0x41, 0, END]]),
    listSection(9, [[1, 0, 1, 0]]),
    section(12, [[1]]),
    listSection(
      10,
      bodies.map((body) => sized(body)),
    ),
    listSection(11, [[1, 1, 0]]),
  );
}

function failure(module: Uint8Array): string | undefined {
  try {
    new wasm.Module(new Uint8Array(module));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const TYPES = [
  [FUNCTION_TYPE, ...GC_TYPES],
  // Node 20 has no structs.
  [FUNCTION_TYPE],
].find((types) => failure(around([Uint8Array.of(0, END)], types)) === undefined)!;

/** 0 is then what an operator of structs wants; those that do not, complain of that and not of their opcode. */
const PROBE_TYPES = TYPES.length > 1 ? [GC_TYPES[0]!, FUNCTION_TYPE] : TYPES;

const DEFAULT_IMMEDIATES: Readonly<Record<ImmediateName, readonly number[]>> = {
  unknown: [],
  none: [],
  index: [0],
  twoIndices: [0, 0],
  byte: [0],
  constant: [0xff, 0x00],
  fourBytes: [1, 2, 3, 4],
  eightBytes: [1, 2, 3, 4, 5, 6, 7, 8],
  sixteenBytes: Array.from({ length: 16 }, (_, i) => i),
  memory: [0, 0xff, 0x7f],
  memoryLane: [0, 5, 1],
  block: [0x40],
  branchTable: [2, 0, 0, 0],
  tryTable: [0x40, 4, 0, 0, 1, 1, 0, 0, 2, 1, 3, 0],
  selectTypes: [1, 0x70],
  heapType: [0x70],
  castBranch: [0, 0, 0x6e, 0x6c],
};
const OWN_IMMEDIATES: Readonly<Record<string, readonly number[]>> = {
  'struct.new': [1],
  'struct.new_default': [1],
  'struct.get': [1, 0],
  'struct.get_s': [1, 1],
  'struct.get_u': [1, 1],
  'struct.set': [1, 0],
  'array.new': [3],
  'array.new_default': [3],
  'array.new_fixed': [3, 2],
  'array.new_data': [2, 0],
  'array.new_elem': [4, 0],
  'array.get': [3],
  'array.get_s': [2],
  'array.get_u': [2],
  'array.set': [3],
  'array.fill': [3],
  'array.copy': [3, 3],
  'array.init_data': [2, 0],
  'array.init_elem': [4, 0],
};

/** Where an operator must stand: operators before it, and blocks that are open behind it. */
interface Place {
  readonly before: readonly number[];
  readonly open: number;
}
const LEGACY_TRY = [0x06, 0x40, UNREACHABLE];
const PLACES: Readonly<Record<string, Place>> = {
  block: { before: [], open: 1 },
  loop: { before: [], open: 1 },
  if: { before: [], open: 1 },
  else: { before: [0x04, 0x40, UNREACHABLE], open: 1 },
  try: { before: [], open: 1 },
  catch: { before: LEGACY_TRY, open: 1 },
  catch_all: { before: LEGACY_TRY, open: 1 },
  rethrow: { before: [...LEGACY_TRY, 0x19], open: 1 },
  delegate: { before: LEGACY_TRY, open: 0 },
  end: { before: [0x02, 0x40, UNREACHABLE], open: 0 },
  try_table: { before: [0x02, 0x69], open: 2 },
  // V8 wants to see the value that it takes.
  br_on_non_null: { before: [0x02, 0x70, 0xd0, 0x70], open: 1 },
  br_on_cast: { before: [0x02, 0x6e, UNREACHABLE], open: 1 },
  br_on_cast_fail: { before: [0x02, 0x6e, UNREACHABLE], open: 1 },
};

function opcodeBytes(code: number): number[] {
  return code > 0xff ? [code >>> 16, ...leb(code & 0xffff)] : [code];
}

/** In code that cannot be reached, so that any operands are there. */
function bodyWith({ code, name }: OperatorRow, immediates: readonly number[]): Uint8Array {
  const { before, open } = PLACES[name] ?? { before: [], open: 0 };
  const close = Array.from({ length: open }, () => [UNREACHABLE, END]).flat();
  return concat([[1, 1, I32, UNREACHABLE], before, opcodeBytes(code), immediates, close, [UNREACHABLE, END]]);
}

/** Atomics want the alignment of their width, others at most that: one of these fits. */
function candidates({ name, immediate }: OperatorRow): (readonly number[])[] {
  const immediates = OWN_IMMEDIATES[name] ?? DEFAULT_IMMEDIATES[immediate];
  return immediate === 'memory' ? [0, 1, 2, 3].map((align) => [align, ...immediates.slice(1)]) : [immediates];
}

/** V8's ways of saying that it does not know an operator, or the only types that it is for (custom descriptors). */
const NOT_KNOWN = /invalid[^:]* opcode|enable with --experimental|type 0 without descriptor/i;

/** @returns immediates that V8 takes with it; undefined if this V8 does not know the operator. */
function accepted(row: OperatorRow): readonly number[] | undefined {
  const failures = candidates(row).map((immediates) => {
    const text = failure(around([bodyWith(row, immediates)], TYPES));
    return { immediates, text };
  });
  const valid = failures.find(({ text }) => text === undefined);
  if (valid === undefined && !failures.some(({ text }) => NOT_KNOWN.test(text!))) {
    throw new Error(`V8 refuses ${row.name}: ${failures[0]!.text}`);
  }
  return valid?.immediates;
}

/** Since Node 20: structs and arrays, typed function references, the newer exceptions, relaxed vectors. */
const isRecent = ({ code }: OperatorRow): boolean =>
  code >>> 16 === FIRST_PREFIX ||
  (code >= 0xfd0100 && code <= 0xfd01ff) ||
  (code >= 0xd3 && code <= 0xd6) ||
  [0x0a, 0x14, 0x15, 0x1f].includes(code);

describe('the operator tables', () => {
  test('have each code and each name once', () => {
    expect(new Set(operators().map(({ code }) => code)).size).toBe(operators().length);
    expect(new Set(operators().map(({ name }) => name)).size).toBe(operators().length);
    expect(operators().every(({ code }) => (code & 0xffff) < PREFIXED_OPERATORS)).toBe(true);
  });

  test('agree with the constants that code uses', () => {
    const names = new Map(operators().map(({ code, name }) => [code, name]));
    for (const [constant, code] of Object.entries(opcodes)) {
      expect(names.get(code)?.replace('.', '_').toUpperCase()).toBe(constant);
    }
  });

  test('have operators that V8 takes with these immediates, and the reader ends each where V8 does', () => {
    const operator = newOperator();
    const unknown = operators().filter((row) => {
      const immediates = accepted(row);
      if (immediates === undefined) return true;
      const body = bodyWith(row, immediates);
      const reader = new OperatorReader(body, 3, body.length);
      const codes: number[] = [];
      while (reader.next(operator)) {
        if (operator.code === row.code) {
          expect(operator.end - operator.start).toBe(opcodeBytes(row.code).length + immediates.length);
        }
        codes.push(operator.code);
      }
      expect(codes).toContain(row.code);
      expect(operator.end).toBe(body.length);
      return false;
    });
    expect(unknown.filter((row) => NODE >= 26 || !isRecent(row)).map(({ name }) => name)).toEqual([]);
  });

  test('leave out none that V8 takes', () => {
    const codes = new Set(operators().map(({ code }) => code));
    const taken: string[] = [];
    const probe = (opcode: readonly number[]): void => {
      const body = concat([[0, UNREACHABLE], opcode, new Uint8Array(32)]);
      const text = failure(around([body], PROBE_TYPES));
      if (text === undefined || !NOT_KNOWN.test(text)) {
        taken.push(`${opcode.map((byte) => byte.toString(16)).join(' ')}: ${text}`);
      }
    };
    for (let byte = 0; byte < 0x100; byte++) {
      if (!codes.has(byte) && (byte < FIRST_PREFIX || byte > LAST_PREFIX)) probe([byte]);
    }
    for (let prefix = FIRST_PREFIX; prefix <= LAST_PREFIX; prefix++) {
      // V8 takes numbers up to 0xfff. Those of garbage collection from 0x80 on are another proposal, behind one flag.
      for (let number = 0; number < 0x1000; number++) {
        if (!codes.has(prefix * 0x10000 + number)) probe([prefix, ...leb(number)]);
      }
    }
    expect(taken).toEqual([]);
  });

  test('have the names that others have for them', async () => {
    const bodies = operators().map((row) => bodyWith(row, candidates(row).at(-1)!));
    const module = around(bodies, [FUNCTION_TYPE, ...GC_TYPES]);
    const texts = (await print(module)).split(/^ {2}\(func /m).slice(1);
    expect(texts.length).toBe(operators().length);
    operators().forEach(({ name }, i) => {
      expect(` ${texts[i]!.replaceAll(/[\s()]+/g, ' ')} `).toContain(` ${SPELT[name] ?? name} `);
    });
    expect(await parse(await print(module))).toEqual(module);
  });
});

/** Spellings that several operators share in text. */
const SPELT: Readonly<Record<string, string>> = {
  select_typed: 'select result funcref',
  'ref.test_null': 'ref.test funcref',
  'ref.cast_null': 'ref.cast funcref',
};
