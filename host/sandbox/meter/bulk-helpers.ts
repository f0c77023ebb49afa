/**
 * Bulk operations, which take time by their length: cut into chunks with a check between two of them, in functions that are
 * appended to the module.
 *
 * A helper does what its operator does, to the byte. Where the operation leaves its memory or table the helper runs the operator
 * as it is, which traps before it has written anything. Overlapping copies go from the end where they have to. Short
 * operations run at once, and those from short segments need no helper.
 */
import { PluginError } from '../../errors/index.js';
import { leb } from '../wasm-bytes.js';
import { type BulkOperation, bulkBody, I64_EXTEND_I32_U, I64_SHL, I64_SHR_U, i64 } from './bulk-code.js';
import type { FunctionCode } from './checks.js';
import type { CodeFacts } from './code-facts.js';
import { BYTES_PER_UNIT_LOG2, UNITS_PER_ENTRY_LOG2 } from './costs.js';
import type { Helper } from './meter.js';
import * as op from './opcodes.js';
import type { Operator } from './operator-reader.js';
import { NEVER, type Summary } from './summaries.js';

/** What runs at once, and what runs between two checks. */
const SMALL_UNITS = 16;
const CHUNK_UNITS = 1024;
/** Of a helper's own operators, on the way in and for each chunk. */
const ENTRY_UNITS = 16;
/** Real modules need a handful. Each is a hundred times as long as the operator that asks for it. */
const MAX_HELPERS = 1000;

/** What callers know of each helper. */
const HELPER: Summary = {
  before: ENTRY_UNITS,
  through: ENTRY_UNITS + SMALL_UNITS,
  after: ENTRY_UNITS,
  afterUnknown: NEVER,
  compiling: 0,
};

/** How a bulk operation is done. */
export interface BulkWay {
  /** Which helper does it, or -1: it runs as it is, for so many units more than its operator. */
  readonly helper: number;
  readonly units: number;
  readonly summary: Summary;
}

const I32 = 0x7f;
const PREFIX = 0xfc;
const PAGE_SIZE_LOG2 = 16;
const MEMORY_SIZE = [0x3f, 0x00, ...I64_EXTEND_I32_U, ...i64(PAGE_SIZE_LOG2), ...I64_SHL];
const tableSize = (table: number): number[] => [PREFIX, 0x10, ...leb(table), ...I64_EXTEND_I32_U];

const BY_BYTES = {
  small: SMALL_UNITS << BYTES_PER_UNIT_LOG2,
  chunk: CHUNK_UNITS << BYTES_PER_UNIT_LOG2,
  toUnits: [...i64(BYTES_PER_UNIT_LOG2), ...I64_SHR_U],
};
const BY_ENTRIES = {
  small: SMALL_UNITS >> UNITS_PER_ENTRY_LOG2,
  chunk: CHUNK_UNITS >> UNITS_PER_ENTRY_LOG2,
  toUnits: [...i64(UNITS_PER_ENTRY_LOG2), ...I64_SHL],
};

/** The helpers of one module: made when code first asks for them. */
export class BulkHelpers {
  readonly list: Helper[] = [];
  readonly #facts: CodeFacts;
  readonly #code: FunctionCode;
  readonly #ways = new Map<string, BulkWay>();

  /** @param code - what stands in the helpers themselves. */
  constructor(facts: CodeFacts, code: FunctionCode) {
    this.#facts = facts;
    this.#code = code;
  }

  /**
   * How an operator is to be done; undefined if it is not a bulk operation that has a length.
   *
   * @throws PluginError `LIMIT_EXCEEDED` if the module needs too many different helpers.
   */
  wayOf({ code, index, index2, start }: Operator): BulkWay | undefined {
    switch (code) {
      case op.MEMORY_FILL:
      case op.TABLE_FILL:
        return this.#way(code, index, -1, start);
      case op.MEMORY_COPY:
      case op.MEMORY_INIT:
      case op.TABLE_COPY:
      case op.TABLE_INIT:
        return this.#way(code, index, index2, start);
      default:
        return undefined;
    }
  }

  #way(code: number, index: number, index2: number, at: number): BulkWay {
    const key = `${code} ${index} ${index2}`;
    let way = this.#ways.get(key);
    if (way === undefined) {
      const units = this.#segmentUnits(code, index);
      way = units <= CHUNK_UNITS ? { helper: -1, units, summary: HELPER } : this.#add(code, index, index2, at);
      this.#ways.set(key, way);
    }
    return way;
  }

  /** The most that an operation can take because of its segment. */
  #segmentUnits(code: number, segment: number): number {
    switch (code) {
      case op.MEMORY_INIT:
        return this.#facts.dataLengths[segment]! >>> BYTES_PER_UNIT_LOG2;
      case op.TABLE_INIT:
        return this.#facts.elementLengths[segment]! * 2 ** UNITS_PER_ENTRY_LOG2;
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  #add(code: number, index: number, index2: number, at: number): BulkWay {
    const helper = this.list.length;
    if (helper === MAX_HELPERS) {
      throw new PluginError(
        'LIMIT_EXCEEDED',
        `Cannot load a core module: it has bulk operations on more than ${MAX_HELPERS} pairs of tables and segments, at byte ${at} of the module`,
        { details: { offset: at, limit: MAX_HELPERS } },
      );
    }
    const operation = this.#operation(code, index, index2);
    const value = code === op.TABLE_FILL ? this.#facts.tableTypes[index]! : I32;
    this.list.push({ parameters: [I32, value, I32], results: [], body: bulkBody(operation, this.#code) });
    return { helper, units: 0, summary: HELPER };
  }

  #operation(code: number, index: number, index2: number): BulkOperation {
    const immediates = [...leb(index), ...(index2 < 0 ? [] : leb(index2))];
    const common = {
      operator: [PREFIX, code & 0xff, ...immediates],
      overlaps: false,
      chunkUnits: CHUNK_UNITS,
      entryUnits: ENTRY_UNITS,
    };
    const onMemory = { ...common, ...BY_BYTES, destinationSize: MEMORY_SIZE };
    switch (code) {
      case op.MEMORY_FILL:
        return { ...onMemory, sourceSize: undefined };
      case op.MEMORY_COPY:
        return { ...onMemory, sourceSize: MEMORY_SIZE, overlaps: true };
      case op.MEMORY_INIT:
        return { ...onMemory, sourceSize: i64(this.#facts.dataLengths[index]!) };
      case op.TABLE_FILL:
        return { ...common, ...BY_ENTRIES, destinationSize: tableSize(index), sourceSize: undefined };
      case op.TABLE_COPY:
        return {
          ...common,
          ...BY_ENTRIES,
          destinationSize: tableSize(index),
          sourceSize: tableSize(index2),
          overlaps: true,
        };
      default:
        return {
          ...common,
          ...BY_ENTRIES,
          destinationSize: tableSize(index2),
          sourceSize: i64(this.#facts.elementLengths[index]!),
        };
    }
  }
}
