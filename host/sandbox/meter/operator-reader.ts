/**
 * Walks the operators of one function body, or of a constant expression.
 *
 * It decodes no more than the meter needs: where each operator starts and ends, its indices, its labels. It allocates nothing for
 * an operator, and every read is bounded by the end, so that bytes which nobody validated give an error and no more.
 * WebAssembly core specification 3.0, "Binary Format", sections "Instructions" and "Types".
 */

import { once } from '../once.js';
import { malformed, unsupported } from './failures.js';
import { FIRST_PREFIX, IMMEDIATE, immediatesOf, LAST_PREFIX, PREFIXED_OPERATORS } from './operators.js';

/** One decoded operator. The reader reuses the object: copy what you keep. Offsets are in bytes of the module. */
export interface Operator {
  /** One byte, or `prefix << 16 | number`. */
  code: number;
  start: number;
  end: number;
  /**
   * First immediate: index, label depth, lane. Of a block its type: an index, or a negative number for the byte of a value type or
   * of no type. Of a heap type likewise. 0 where there is none of these.
   */
  index: number;
  /** Second immediate: table of `call_indirect` and `table.init`, memory of `memory.init`, source of a copy, field of a struct. */
  index2: number;
  /** Labels of `br_table`, the default last; labels of the clauses of `try_table`. Empty for the others. */
  readonly targets: number[];
}

/** An operator for {@link OperatorReader.next} to fill. */
export function newOperator(): Operator {
  return { code: 0, start: 0, end: 0, index: 0, index2: 0, targets: [] };
}

const immediates = once(() => ({
  oneByte: immediatesOf(0),
  prefixed: Array.from({ length: LAST_PREFIX - FIRST_PREFIX + 1 }, (_, i) => immediatesOf(FIRST_PREFIX + i)),
}));

const CONTINUE = 0x80;
const SIGN = 0x40;
/** Alignments are below it; this bit of a memory operator's alignment announces a memory index. */
const MEMORY_INDEX_FLAG = 0x40;
/** Block type: no value. */
const EMPTY = 0x40;
const REF = 0x64;
const REF_NULL = 0x63;
/** Clauses of `try_table`: 0 and 1 name a tag and a label, 2 and 3 a label. */
const FIRST_CATCH_ALL = 2;
const LAST_CATCH = 3;
/** i32 0x7f, i64, f32, f64, v128 0x7b; abstract heap types from noexn 0x74 down to exn 0x69, which are also reference types. */
const isNumber = (type: number): boolean => type >= 0x7b && type <= 0x7f;
const isAbstractHeapType = (type: number): boolean => type >= 0x69 && type <= 0x74;
/** The byte that a negative s33 of one byte was. */
const typeByte = (s33: number): number => s33 + 0x80;

export class OperatorReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #immediatesOf = immediates();
  #at: number;

  /** @param module - neither kept from changing nor copied: it must not change meanwhile. */
  constructor(module: Uint8Array, start: number, end: number) {
    this.#bytes = module;
    this.#at = start;
    this.#end = Math.min(end, module.length);
  }

  /**
   * Decode the next operator.
   *
   * @returns false, with nothing changed, behind the last one.
   * @throws PluginError `COMPONENT_UNSUPPORTED` for an operator, type or memory index that the meter does not know;
   *   `COMPONENT_MALFORMED` if an operator does not end in time, which a validated module's always does.
   */
  next(into: Operator): boolean {
    const start = this.#at;
    if (start >= this.#end) {
      return false;
    }
    const code = this.#bytes[start]!;
    this.#at = start + 1;
    into.code = code;
    into.start = start;
    into.index = 0;
    into.index2 = 0;
    if (into.targets.length > 0) {
      into.targets.length = 0;
    }
    const kind = this.#immediatesOf.oneByte[code]!;
    if (kind === IMMEDIATE.index) {
      into.index = this.#u32();
    } else if (kind === IMMEDIATE.constant) {
      this.#skipLeb();
    } else if (kind === IMMEDIATE.memory) {
      this.#memory();
    } else if (kind !== IMMEDIATE.none) {
      this.#immediates(kind === IMMEDIATE.unknown ? this.#prefixed(into) : kind, into);
    }
    const end = this.#at;
    into.end = end;
    if (end > this.#end) {
      throw malformed(start, 'an operator does not end before its function');
    }
    return true;
  }

  /** Read the number behind a prefix. @returns what follows it. */
  #prefixed(into: Operator): number {
    const { code: prefix, start } = into;
    if (prefix < FIRST_PREFIX || prefix > LAST_PREFIX) {
      throw unsupported(start, `unknown operator 0x${prefix.toString(16)}`);
    }
    const number = this.#u32();
    const kind =
      number < PREFIXED_OPERATORS ? this.#immediatesOf.prefixed[prefix - FIRST_PREFIX]![number]! : IMMEDIATE.unknown;
    if (kind === IMMEDIATE.unknown) {
      throw unsupported(start, `unknown operator 0x${prefix.toString(16)} 0x${number.toString(16)}`);
    }
    into.code = prefix * 0x10000 + number;
    return kind;
  }

  #immediates(kind: number, into: Operator): void {
    switch (kind) {
      case IMMEDIATE.none:
        return;
      case IMMEDIATE.index:
        into.index = this.#u32();
        return;
      case IMMEDIATE.memory:
        this.#memory();
        return;
      case IMMEDIATE.block:
        into.index = this.#blockType();
        return;
      case IMMEDIATE.twoIndices:
        into.index = this.#u32();
        into.index2 = this.#u32();
        return;
      case IMMEDIATE.byte:
        into.index = this.#bytes[this.#at++] ?? 0;
        return;
      case IMMEDIATE.fourBytes:
        this.#at += 4;
        return;
      case IMMEDIATE.eightBytes:
        this.#at += 8;
        return;
      case IMMEDIATE.sixteenBytes:
        this.#at += 16;
        return;
      default:
        this.#rareImmediates(kind, into);
    }
  }

  #rareImmediates(kind: number, into: Operator): void {
    switch (kind) {
      case IMMEDIATE.memoryLane:
        this.#memory();
        into.index = this.#bytes[this.#at++] ?? 0;
        return;
      case IMMEDIATE.branchTable:
        this.#branchTable(into);
        return;
      case IMMEDIATE.tryTable:
        this.#tryTable(into);
        return;
      case IMMEDIATE.selectTypes:
        for (let left = this.#count(); left > 0; left--) {
          this.#valueType();
        }
        return;
      case IMMEDIATE.heapType:
        into.index = this.#heapType();
        return;
      case IMMEDIATE.castBranch:
        this.#at++;
        into.index = this.#u32();
        this.#heapType();
        into.index2 = this.#heapType();
        return;
    }
  }

  #memory(): void {
    const flags = this.#bytes[this.#at]!;
    if (flags >= MEMORY_INDEX_FLAG) {
      this.#longAlignment();
    } else {
      this.#at++;
    }
    this.#skipLeb();
  }

  /** An alignment that takes more than a byte, without need, or that comes with a memory index. */
  #longAlignment(): void {
    const at = this.#at;
    if (this.#u32() >= MEMORY_INDEX_FLAG) {
      throw unsupported(at, 'a memory operator that names its memory');
    }
  }

  #branchTable(into: Operator): void {
    for (let left = this.#count(); left >= 0; left--) {
      into.targets.push(this.#u32());
    }
    into.index = into.targets.at(-1)!;
  }

  #tryTable(into: Operator): void {
    into.index = this.#blockType();
    for (let left = this.#count(); left > 0; left--) {
      const at = this.#at;
      const clause = this.#bytes[this.#at++]!;
      if (!(clause <= LAST_CATCH)) {
        throw unsupported(at, `unknown catch clause ${clause}`);
      }
      if (clause < FIRST_CATCH_ALL) {
        this.#u32();
      }
      into.targets.push(this.#u32());
    }
  }

  /** Length of a list, each element of which takes a byte at least. */
  #count(): number {
    const at = this.#at;
    const count = this.#u32();
    if (count > this.#end - this.#at) {
      throw malformed(at, `a list of ${count} elements does not fit in ${this.#end - this.#at} bytes`);
    }
    return count;
  }

  #blockType(): number {
    const at = this.#at;
    const type = this.#s33();
    if (type < 0 && typeByte(type) !== EMPTY) {
      this.#at = at;
      this.#valueType();
    }
    return type;
  }

  #valueType(): void {
    const at = this.#at;
    const type = this.#bytes[this.#at++]!;
    if (type === REF || type === REF_NULL) {
      this.#heapType();
    } else if (!isNumber(type) && !isAbstractHeapType(type)) {
      throw unsupported(at, `unknown value type 0x${Number(type).toString(16)}`);
    }
  }

  #heapType(): number {
    const at = this.#at;
    const type = this.#s33();
    if (type < 0 && !isAbstractHeapType(typeByte(type))) {
      throw unsupported(at, `unknown heap type ${type}`);
    }
    return type;
  }

  #u32(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++]!;
    if (byte < CONTINUE) {
      return byte;
    }
    let value = byte & ~CONTINUE;
    for (let shift = 7; byte >= CONTINUE; shift += 7) {
      byte = bytes[this.#at++]!;
      value |= (byte & ~CONTINUE) << shift;
    }
    return value >>> 0;
  }

  /** Signed, of 33 bits. Types have few enough indices for 32. */
  #s33(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++]!;
    let value = byte & ~CONTINUE;
    let shift = 7;
    for (; byte >= CONTINUE; shift += 7) {
      byte = bytes[this.#at++]!;
      value |= (byte & ~CONTINUE) << shift;
    }
    return (byte & SIGN) === 0 ? value >>> 0 : shift < 32 ? value | (-1 << shift) : value | 0;
  }

  #skipLeb(): void {
    const bytes = this.#bytes;
    while (bytes[this.#at++]! >= CONTINUE) {
      // Continuation bytes.
    }
  }
}
