/** Memories and tables of the interpreter: loads, stores, growing, and bulk operations. */
import type { Machine } from './machine.js';
import type { Instruction } from './module.js';
import { priceOfHelper, priceOfLength } from './prices.js';
import { type FunctionReference, Trap, type Value } from './values.js';

const PAGE = 65_536;
const MEMORY_INIT = 0xfc0008;
const MEMORY_COPY = 0xfc000a;
const MEMORY_FILL = 0xfc000b;
const TABLE_INIT = 0xfc000c;
const TABLE_COPY = 0xfc000e;

/** Run an operator on a memory or a table. @returns false if it is another one. */
export function runBulk(machine: Machine, it: Instruction): boolean {
  return onMemory(machine, it) || onTable(machine, it) || moving(machine, it);
}

function address(machine: Machine, { offset }: Instruction, size: number): number {
  const at = (machine.pop<number>() >>> 0) + offset;
  if (at + size > machine.memory.length) {
    throw new Trap('Outside of the memory');
  }
  return at;
}

function onMemory(machine: Machine, it: Instruction): boolean {
  const { stack } = machine;
  switch (it.code) {
    case 0x28:
      stack.push(new DataView(machine.memory.buffer).getInt32(address(machine, it, 4), true));
      return true;
    case 0x2d:
      stack.push(machine.memory[address(machine, it, 1)]!);
      return true;
    case 0x36: {
      const value = machine.pop<number>();
      new DataView(machine.memory.buffer).setInt32(address(machine, it, 4), value, true);
      return true;
    }
    case 0x3f:
      stack.push(machine.memory.length / PAGE);
      return true;
    case 0x40: {
      const pages = machine.memory.length / PAGE;
      const more = machine.pop<number>() >>> 0;
      if (pages + more > machine.options.maxPages) {
        stack.push(-1);
        return true;
      }
      const larger = new Uint8Array((pages + more) * PAGE);
      larger.set(machine.memory);
      machine.memory = larger;
      stack.push(pages);
      return true;
    }
    default:
      return false;
  }
}

function onTable(machine: Machine, { code, index }: Instruction): boolean {
  const { stack, tables } = machine;
  switch (code) {
    case 0x25: {
      const at = machine.pop<number>() >>> 0;
      stack.push(entries(tables[index]!, at, 1)[0]!);
      return true;
    }
    case 0x26: {
      const value = machine.pop();
      const at = machine.pop<number>() >>> 0;
      entries(tables[index]!, at, 1);
      tables[index]![at] = value;
      return true;
    }
    case 0xd0:
      stack.push(null);
      return true;
    case 0xd1:
      stack.push(machine.pop() === null ? 1 : 0);
      return true;
    case 0xd2:
      stack.push(machine.reference(index) satisfies FunctionReference);
      return true;
    case 0xfc000f: {
      const more = machine.pop<number>() >>> 0;
      const value = machine.pop();
      const { length } = tables[index]!;
      if (length + more > machine.module.tables[index]!.maximum) {
        stack.push(-1);
      } else {
        tables[index]!.push(...new Array<Value>(more).fill(value));
        stack.push(length);
      }
      return true;
    }
    case 0xfc0010:
      stack.push(tables[index]!.length);
      return true;
    case 0xfc0009:
      machine.dropped.add(index);
      return true;
    case 0xfc000d:
      machine.dropped.add(-1 - index);
      return true;
    default:
      return false;
  }
}

/** Operators with a destination, a source or value, and a length. */
function moving(machine: Machine, it: Instruction): boolean {
  if (it.code < MEMORY_INIT || it.code > 0xfc0011) {
    return false;
  }
  const { memory, tables, module, dropped } = machine;
  const length = machine.pop<number>() >>> 0;
  const source = machine.pop();
  const from = Number(source) >>> 0;
  const to = machine.pop<number>() >>> 0;
  switch (it.code) {
    case MEMORY_FILL:
      bytes(memory, to, length).fill(Number(source));
      break;
    case MEMORY_COPY:
      bytes(memory, to, length).set(bytes(memory, from, length).slice());
      break;
    case MEMORY_INIT: {
      const segment = dropped.has(it.index) ? new Uint8Array() : module.data[it.index]!.bytes;
      bytes(memory, to, length).set(bytes(segment, from, length));
      break;
    }
    case TABLE_INIT: {
      const segment = dropped.has(-1 - it.index) ? [] : module.elements[it.index]!.functions;
      const values = entries(segment, from, length).map((index) => machine.reference(index));
      put(tables[it.index2]!, to, values);
      break;
    }
    case TABLE_COPY:
      put(tables[it.index]!, to, entries(tables[it.index2]!, from, length));
      break;
    default:
      put(tables[it.index]!, to, new Array<Value>(entries(tables[it.index]!, to, length).length).fill(source));
  }
  charge(machine, it, length);
  return true;
}

function charge(machine: Machine, { code, index }: Instruction, length: number): void {
  const { data, elements } = machine.module;
  const segment =
    code === MEMORY_INIT ? data[index]!.bytes.length : code === TABLE_INIT ? elements[index]!.functions.length : 0;
  machine.charge(
    machine.options.helpersPrices === true ? priceOfHelper(code, length, segment) : priceOfLength(code, length),
  );
}

function bytes(memory: Uint8Array, at: number, length: number): Uint8Array {
  if (at + length > memory.length) {
    throw new Trap('Outside of the memory');
  }
  return memory.subarray(at, at + length);
}

function entries<T>(table: readonly T[], at: number, length: number): readonly T[] {
  if (at + length > table.length) {
    throw new Trap('Outside of the table');
  }
  return table.slice(at, at + length);
}

function put(table: Value[], at: number, values: readonly Value[]): void {
  entries(table, at, values.length);
  values.forEach((value, i) => {
    table[at + i] = value;
  });
}
