/**
 * What rewriting appends to a module: imports from the reserved namespace, helper functions, and the types of both.
 *
 * Everything goes to the end of its section, so that of the module's own indices only those of its own functions and globals move,
 * and those by one (`index-shift.ts`).
 */
import { PluginError } from '../../../errors/index.js';
import type { ModuleFacts } from '../../module-facts.js';
import { EPOCH_IMPORT, FUEL_IMPORT, MEMORY_IMPORT, RESERVED_NAMESPACE, TICK_IMPORT } from '../../reserved.js';
import { concat, leb, text } from '../../wasm-bytes.js';
import type { CodeFacts } from '../code-facts.js';
import type { Helper, Meter, MeterIndices } from '../meter.js';
import { IndexShift } from './index-shift.js';

const FUNCTION_KIND = 0x00;
const MEMORY_KIND = 0x02;
const GLOBAL_KIND = 0x03;
const FUNC_TYPE = 0x60;
const I32 = 0x7f;
const I64 = 0x7e;
const MUTABLE = 0x01;
const NO_MAXIMUM = 0x00;
/** Shared memories must have a maximum: one page, at first and for good. */
const ONE_SHARED_PAGE = [0x03, 0x01, 0x01];
/** V8's own limits: what is valid as it came must not become invalid through us. Node 20 has the lowest. */
const MAX_IMPORTS = 100_000;
const MAX_TYPES = 1_000_000;

/** Whether the global that counts down is needed. */
export const countsFuel = ({ deadline, fuel }: Meter): boolean => fuel || deadline === 'slices';

/** Where the appended things will be. */
export function indicesOf(code: CodeFacts, meter: Meter): MeterIndices {
  const ticks = meter.deadline === 'slices';
  return {
    epochMemory: meter.deadline === 'epoch' ? code.memories : -1,
    fuelGlobal: countsFuel(meter) ? code.importedGlobals : -1,
    tickFunction: ticks ? code.importedFunctions : -1,
    firstHelper: code.functionTypes.length + (ticks ? 1 : 0),
  };
}

/** How the module's own indices move. */
export function shiftOf(code: CodeFacts, meter: Meter): IndexShift {
  return new IndexShift(
    code.importedFunctions,
    meter.deadline === 'slices' ? 1 : 0,
    code.importedGlobals,
    countsFuel(meter) ? 1 : 0,
  );
}

/** Entries of a section, without their count. */
export interface Entries {
  readonly count: number;
  readonly bytes: Uint8Array;
}

export interface Additions {
  readonly types: Entries;
  readonly imports: Entries;
  /** Type indices of the helpers. */
  readonly functions: Entries;
}

/**
 * Encode what is appended.
 *
 * @throws PluginError `LIMIT_EXCEEDED` if the module is so full that V8 would not take it any more.
 */
export function additionsOf(
  facts: ModuleFacts,
  code: CodeFacts,
  meter: Meter,
  helpers: readonly Helper[],
  imports: number,
): Additions {
  const types = new AddedTypes(code.types.count);
  const added = reservedImports(facts, meter, types);
  const functions = entries(helpers.map(({ parameters, results }) => leb(types.index(parameters, results))));
  checkCount(code.types.count + types.count, MAX_TYPES, 'types');
  checkCount(imports + added.length, MAX_IMPORTS, 'imports');
  return { types: types.entries(), imports: entries(added), functions };
}

function reservedImports({ memory }: ModuleFacts, meter: Meter, types: AddedTypes): Uint8Array[] {
  const imports: Uint8Array[] = [];
  const add = (name: string, description: readonly number[]): void => {
    imports.push(concat([text(RESERVED_NAMESPACE), text(name), description]));
  };
  if (memory !== undefined) {
    add(MEMORY_IMPORT, [MEMORY_KIND, NO_MAXIMUM, ...leb(memory.minimum)]);
  }
  if (meter.deadline === 'epoch') {
    add(EPOCH_IMPORT, [MEMORY_KIND, ...ONE_SHARED_PAGE]);
  }
  if (countsFuel(meter)) {
    add(FUEL_IMPORT, [GLOBAL_KIND, I64, MUTABLE]);
  }
  if (meter.deadline === 'slices') {
    add(TICK_IMPORT, [FUNCTION_KIND, ...leb(types.index([], [I32]))]);
  }
  return imports;
}

/** Function types behind those of the module, each once. */
class AddedTypes {
  readonly #first: number;
  readonly #indices = new Map<string, number>();
  readonly #types: Uint8Array[] = [];

  constructor(first: number) {
    this.#first = first;
  }

  get count(): number {
    return this.#types.length;
  }

  index(parameters: readonly number[], results: readonly number[]): number {
    const type = concat([[FUNC_TYPE], leb(parameters.length), parameters, leb(results.length), results]);
    const key = type.join();
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.#first + this.#types.length;
      this.#indices.set(key, index);
      this.#types.push(type);
    }
    return index;
  }

  entries(): Entries {
    return entries(this.#types);
  }
}

function entries(parts: readonly (Uint8Array | readonly number[])[]): Entries {
  return { count: parts.length, bytes: concat(parts) };
}

function checkCount(count: number, limit: number, what: string): void {
  if (count > limit) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot load a core module: with what the sandbox adds it has ${count} ${what}, the limit is ${limit}`,
      { details: { count, limit } },
    );
  }
}
