/**
 * Core modules for the interpreter: what a module declares, and its code as a list of operators.
 *
 * It reads what its tests write and what the meter adds to that, which is far from all of WebAssembly, and takes valid
 * modules for granted. It shares the meter's reader of single operators and nothing else.
 */
import { newOperator, OperatorReader } from '../../../host/sandbox/meter/operator-reader.js';

export interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

export interface Import {
  readonly module: string;
  readonly name: string;
}

/** One operator. Positions are indices in the list of a function's operators. */
export interface Instruction {
  readonly code: number;
  readonly index: number;
  readonly index2: number;
  readonly targets: readonly number[];
  /** Of a constant. */
  readonly value: number | bigint;
  /** Of a memory operator. */
  readonly offset: number;
  /** Clauses of a `try_table`: tag (or -1 for all), whether the exception is wanted too, label. */
  readonly clauses: readonly { readonly tag: number; readonly whole: boolean; readonly label: number }[];
  /** Of a block: its `else` or the first `catch`, and its `end` or `delegate`; of an `else` or `catch`: what follows in the same block. */
  next: number;
  end: number;
}

export interface DefinedFunction {
  readonly type: number;
  /** Types of the declared locals. */
  readonly locals: readonly number[];
  readonly code: readonly Instruction[];
}

export interface Segment {
  readonly active: boolean;
  readonly offset: number;
}

export interface DecodedModule {
  readonly types: readonly FunctionType[];
  readonly importedFunctions: readonly (Import & { readonly type: number })[];
  readonly importedGlobals: readonly Import[];
  /** Memory pages at the start; the first is the module's own. */
  readonly memories: readonly number[];
  readonly tables: readonly { readonly minimum: number; readonly maximum: number }[];
  /** Constant initial values of the defined globals. */
  readonly globals: readonly (number | bigint)[];
  readonly tags: readonly number[];
  readonly functionTypes: readonly number[];
  readonly functions: readonly DefinedFunction[];
  /** Functions by export name. */
  readonly exports: ReadonlyMap<string, number>;
  readonly elements: readonly (Segment & { readonly functions: readonly number[] })[];
  readonly data: readonly (Segment & { readonly bytes: Uint8Array })[];
}

/** An inserted check, as an operator of its own. */
export const CHECK = -1;

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };

const utf8 = new TextDecoder();

class Cursor {
  at: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  u8(): number {
    return this.bytes[this.at++]!;
  }

  skip(bytes: number): this {
    this.at += bytes;
    return this;
  }

  u32(): number {
    return Number(BigInt.asUintN(32, this.leb(false)));
  }

  signed(): bigint {
    return this.leb(true);
  }

  leb(signed: boolean): bigint {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) {
        return signed && (byte & 0x40) !== 0 ? value - (1n << shift) : value;
      }
    }
  }

  name(): string {
    const length = this.u32();
    this.at += length;
    return utf8.decode(this.bytes.subarray(this.at - length, this.at));
  }

  list<T>(read: (index: number) => T): T[] {
    return Array.from({ length: this.u32() }, (_, index) => read(index));
  }

  limits(): { minimum: number; maximum: number } {
    const flags = this.u8();
    const minimum = this.u32();
    return { minimum, maximum: (flags & 1) === 1 ? this.u32() : Number.POSITIVE_INFINITY };
  }

  /** A constant expression that is one constant. */
  constant(): number | bigint {
    const isLong = this.u8() === 0x42;
    const value = this.signed();
    this.at++;
    return isLong ? value : Number(value);
  }
}

/**
 * Decode a module.
 *
 * @param check - bytes that stand for a check, so that what the meter put there is not taken for the guest's.
 */
export function decodeModule(bytes: Uint8Array, check: Uint8Array | undefined): DecodedModule {
  const draft: Mutable<DecodedModule> = {
    types: [],
    importedFunctions: [],
    importedGlobals: [],
    memories: [],
    tables: [],
    globals: [],
    tags: [],
    functionTypes: [],
    functions: [],
    exports: new Map(),
    elements: [],
    data: [],
  };
  const cursor = new Cursor(bytes, 8);
  while (cursor.at < bytes.length) {
    const id = cursor.u8();
    const end = cursor.u32() + cursor.at;
    readSection(id, cursor, draft, check);
    cursor.at = end;
  }
  return draft;
}

function readSection(id: number, cursor: Cursor, draft: Mutable<DecodedModule>, check: Uint8Array | undefined): void {
  switch (id) {
    case 1:
      draft.types = cursor.list(() => {
        cursor.u8();
        return { parameters: cursor.list(() => cursor.u8()), results: cursor.list(() => cursor.u8()) };
      });
      return;
    case 2:
      cursor.list(() => readImport(cursor, draft));
      return;
    case 3:
      draft.functionTypes.push(...cursor.list(() => cursor.u32()));
      return;
    case 4:
      draft.tables.push(...cursor.list(() => cursor.skip(1).limits()));
      return;
    case 5:
      draft.memories.push(...cursor.list(() => cursor.limits().minimum));
      return;
    case 6:
      draft.globals = cursor.list(() => cursor.skip(2).constant());
      return;
    case 7:
      draft.exports = new Map(
        cursor
          .list(() => ({ name: cursor.name(), kind: cursor.u8(), index: cursor.u32() }))
          .filter(({ kind }) => kind === 0)
          .map(({ name, index }) => [name, index]),
      );
      return;
    case 9:
      draft.elements = cursor.list(() => readElements(cursor));
      return;
    case 10:
      draft.functions = cursor.list((i) => {
        return readFunction(cursor, draft.functionTypes[draft.importedFunctions.length + i]!, check);
      });
      return;
    case 11:
      draft.data = cursor.list(() => readData(cursor));
      return;
    case 13:
      draft.tags.push(...cursor.list(() => cursor.skip(1).u32()));
  }
}

function readImport(cursor: Cursor, draft: Mutable<DecodedModule>): void {
  const from = { module: cursor.name(), name: cursor.name() };
  switch (cursor.u8()) {
    case 0: {
      const type = cursor.u32();
      draft.importedFunctions.push({ ...from, type });
      draft.functionTypes.push(type);
      return;
    }
    case 1:
      cursor.u8();
      draft.tables.push(cursor.limits());
      return;
    case 2:
      draft.memories.push(cursor.limits().minimum);
      return;
    case 3:
      cursor.at += 2;
      draft.importedGlobals.push(from);
      return;
    default:
      throw new Error('The interpreter does not import tags');
  }
}

/** Lists of function indices: active ones of table 0, passive and declared ones. */
function readElements(cursor: Cursor): DecodedModule['elements'][number] {
  const flags = cursor.u32();
  const active = (flags & 1) === 0;
  if (flags === 2) {
    cursor.u32();
  }
  const offset = active ? Number(cursor.constant()) : 0;
  if (flags !== 0) {
    cursor.u8();
  }
  const functions = cursor.list(() => cursor.u32());
  return { active, offset, functions: flags === 3 ? [] : functions };
}

function readData(cursor: Cursor): DecodedModule['data'][number] {
  const active = cursor.u32() === 0;
  const offset = active ? Number(cursor.constant()) : 0;
  const length = cursor.u32();
  cursor.at += length;
  return { active, offset, bytes: cursor.bytes.subarray(cursor.at - length, cursor.at) };
}

function readFunction(cursor: Cursor, type: number, check: Uint8Array | undefined): DefinedFunction {
  const end = cursor.u32() + cursor.at;
  const locals = cursor.list(() => ({ count: cursor.u32(), type: cursor.u8() }));
  const code: Instruction[] = [];
  const operator = newOperator();
  while (cursor.at < end) {
    if (check !== undefined && startsWith(cursor, check)) {
      cursor.at += check.length;
      code.push(instruction({ code: CHECK }));
      continue;
    }
    new OperatorReader(cursor.bytes, cursor.at, end).next(operator);
    const { start, code: opcode, index, index2 } = operator;
    code.push(
      instruction({
        code: opcode,
        index,
        index2,
        targets: [...operator.targets],
        value: constantAt(new Cursor(cursor.bytes, start + 1), opcode),
        offset: offsetAt(new Cursor(cursor.bytes, start + 1), opcode),
        clauses: opcode === 0x1f ? clausesAt(new Cursor(cursor.bytes, start + 1)) : [],
      }),
    );
    cursor.at = operator.end;
  }
  matchBlocks(code);
  return { type, locals: locals.flatMap(({ count, type: value }) => new Array<number>(count).fill(value)), code };
}

function instruction(known: Partial<Instruction>): Instruction {
  return { code: 0, index: 0, index2: 0, targets: [], value: 0, offset: 0, clauses: [], next: -1, end: -1, ...known };
}

function startsWith({ bytes, at }: Cursor, expected: Uint8Array): boolean {
  return expected.every((byte, i) => bytes[at + i] === byte);
}

function constantAt(cursor: Cursor, code: number): number | bigint {
  return code === 0x41 ? Number(cursor.signed()) : code === 0x42 ? cursor.signed() : 0;
}

function offsetAt(cursor: Cursor, code: number): number {
  if (code < 0x28 || code > 0x3e) {
    return 0;
  }
  cursor.u32();
  return cursor.u32();
}

function clausesAt(cursor: Cursor): Instruction['clauses'] {
  cursor.signed();
  return cursor.list(() => {
    const kind = cursor.u8();
    const tag = kind < 2 ? cursor.u32() : -1;
    return { tag, whole: (kind & 1) === 1, label: cursor.u32() };
  });
}

const OPENING = new Set([0x02, 0x03, 0x04, 0x06, 0x1f]);
const BETWEEN = new Set([0x05, 0x07, 0x19]);
const CLOSING = new Set([0x0b, 0x18]);

/** Tell each block where its arms and its end are. */
function matchBlocks(code: readonly Instruction[]): void {
  const open: { readonly block: Instruction; last: Instruction }[] = [];
  code.forEach((it, at) => {
    if (OPENING.has(it.code)) {
      open.push({ block: it, last: it });
    } else if (BETWEEN.has(it.code)) {
      const top = open.at(-1)!;
      top.last.next = at;
      top.last = it;
    } else if (CLOSING.has(it.code)) {
      const top = open.pop();
      if (top !== undefined) {
        top.last.next = at;
        for (let arm: Instruction = top.block; arm !== it; arm = code[arm.next]!) {
          arm.end = at;
        }
      }
    }
  });
}
