/**
 * The step between validating a core module and compiling it: what the host must be able to bound is taken out of the
 * module's hands.
 *
 *   (memory 1)        ->  (import "wasm-plugin:sandbox" "memory" (memory 1))   created by the host, with a clamped maximum
 *   (table 1 funcref) ->  (table 1 4096 funcref)
 *   (loop … )         ->  (loop (check) … )                                     where and what: the planner's edits
 *
 * with imports of what checks look at, and functions that work in their place. One pass over the sections; what does not change is
 * copied. Custom sections stay as they are, since the offset map leads back to what they describe.
 * WebAssembly core specification 3.0, "Binary Format", section "Modules".
 */
import type { ModuleFacts, SectionSpan } from '../module-facts.js';
import { concat, leb } from '../wasm-bytes.js';
import { type CodeFacts, readCodeFacts } from './code-facts.js';
import type { CodePlan, Meter, MeterIndices } from './meter.js';
import { customSectionName, NAME_SECTION, rewriteNames } from './name-section.js';
import { IDENTITY, type OffsetMap } from './offset-map.js';
import { planCode } from './plan.js';
import { planThread, type ThreadPlan } from './plan-thread.js';
import { type Additions, additionsOf, type Entries, indicesOf, shiftOf } from './sections/additions.js';
import { rewriteCode } from './sections/code.js';
import { SECTION } from './sections/ids.js';
import type { IndexShift } from './sections/index-shift.js';
import { ModuleCopier, readerOf } from './sections/module-copier.js';
import { type Shifting, shiftData, shiftElements, shiftExports, shiftGlobals, shiftStart } from './sections/shifted.js';

export interface RewriteOptions {
  /** How far the tables of the module may grow, in the order of its table section. */
  readonly tableMaxima: readonly number[];
  readonly meter: Meter;
  /** The most that the body of one function may have, as it came. */
  readonly functionBytes: number;
  /** What the module is called in stack traces. Default: what it calls itself. */
  readonly moduleName?: string | undefined;
}

/** Decides what is done to code. Not asked if nothing is metered: see plan-thread.ts. */
export type Planner = (module: Uint8Array, code: CodeFacts, meter: Meter, indices: MeterIndices) => CodePlan;

export interface RewrittenModule {
  /** A view on bytes that nobody else has, or the module itself if nothing had to change. */
  readonly bytes: Uint8Array;
  readonly origins: OffsetMap;
}

/** Counts the changes of what rewriting makes of a module: code that was kept by an earlier version is no use to this one. */
export const REWRITE_REVISION = 1;

const HAS_MAXIMUM = 0x01;
/** Offsets of code by function; made for code as it came, and read by V8. */
const CODE_METADATA = 'metadata.code.';
/** Order of the sections that are not custom. */
const ORDER: readonly number[] = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.tag,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data,
];
const SHIFTED = new Map<number, (shifting: Shifting) => void>([
  [SECTION.global, shiftGlobals],
  [SECTION.export, shiftExports],
  [SECTION.start, shiftStart],
  [SECTION.element, shiftElements],
  [SECTION.data, shiftData],
]);

/**
 * Rewrite one core module.
 *
 * @param module - passed `WebAssembly.validate` as its author wrote it, and cannot change meanwhile; not modified.
 * @param facts - of the same module.
 * @param planner - asked for what is done to the code.
 * @throws PluginError `LIMIT_EXCEEDED` for a function that is too large; `COMPONENT_UNSUPPORTED` for code that the meter does not
 *   know.
 */
export function rewriteModule(
  module: Uint8Array,
  facts: ModuleFacts,
  options: RewriteOptions,
  planner: Planner = planCode,
): RewrittenModule {
  const { meter, moduleName } = options;
  const code = readCodeFacts(module, facts, options.functionBytes);
  const plan = planOf(module, code, meter, planner);
  if (!plan.changes && facts.memory === undefined && facts.tables.length === 0 && moduleName === undefined) {
    return { bytes: module, origins: IDENTITY };
  }
  return new Rewriter(module, facts, code, options, plan).run();
}

function planOf(module: Uint8Array, code: CodeFacts, meter: Meter, planner: Planner): ThreadPlan {
  const indices = indicesOf(code, meter);
  if (meter.deadline !== 'none') {
    return { ...planner(module, code, meter, indices), changes: true };
  }
  return planThread(module, code, indices, meter.fuel ? planner(module, code, meter, indices) : undefined);
}

class Rewriter {
  readonly #module: Uint8Array;
  readonly #facts: ModuleFacts;
  readonly #code: CodeFacts;
  readonly #options: RewriteOptions;
  readonly #plan: ThreadPlan;
  readonly #shift: IndexShift;
  readonly #additions: Additions;
  readonly #copier: ModuleCopier;
  /** How many of {@link ORDER} are written or passed. */
  #passed = 0;
  #named = false;

  constructor(module: Uint8Array, facts: ModuleFacts, code: CodeFacts, options: RewriteOptions, plan: ThreadPlan) {
    this.#module = module;
    this.#facts = facts;
    this.#code = code;
    this.#options = options;
    this.#plan = plan;
    this.#shift = shiftOf(code, options.meter);
    this.#additions = additionsOf(facts, code, options.meter, plan.helpers, countImports(module, facts));
    this.#copier = new ModuleCopier(module);
  }

  run(): RewrittenModule {
    for (const span of this.#facts.sections) {
      this.#copier.copyTo(span.start);
      if (span.id === SECTION.custom) {
        this.#custom(span);
      } else {
        this.#missingBefore(ORDER.indexOf(span.id));
        this.#passed++;
        this.#section(span);
      }
    }
    this.#copier.copyTo(this.#module.length);
    this.#missingBefore(ORDER.length);
    if (!this.#named && this.#options.moduleName !== undefined) {
      this.#names(undefined);
    }
    return this.#copier.finish();
  }

  /** Sections that the module does not have, and needs now. */
  #missingBefore(order: number): void {
    for (; this.#passed < order; this.#passed++) {
      const id = ORDER[this.#passed]!;
      const entries = this.#entriesOf(id);
      if (entries !== undefined && entries.count > 0) {
        this.#copier.newSection(id, () => {
          this.#copier.putU32(entries.count);
          this.#copier.put(entries.bytes);
        });
      } else if (id === SECTION.code && this.#plan.helpers.length > 0) {
        this.#rewriteCode(undefined);
      }
    }
  }

  #entriesOf(id: number): Entries | undefined {
    switch (id) {
      case SECTION.type:
        return this.#additions.types;
      case SECTION.import:
        return this.#additions.imports;
      case SECTION.function:
        return this.#additions.functions;
      default:
        return undefined;
    }
  }

  #section(span: SectionSpan): void {
    const copier = this.#copier;
    const entries = this.#entriesOf(span.id);
    const shifted = this.#shift.none ? undefined : SHIFTED.get(span.id);
    if (entries !== undefined && entries.count > 0) {
      this.#append(span, entries);
    } else if (span.id === SECTION.memory) {
      copier.skipTo(span.end);
    } else if (span.id === SECTION.table) {
      this.#tables(span);
    } else if (span.id === SECTION.code && this.#plan.changes) {
      this.#rewriteCode(span);
    } else if (shifted !== undefined) {
      copier.section(span, (reader) => {
        shifted({ module: this.#module, reader, copier, shift: this.#shift });
      });
    }
  }

  #append(span: SectionSpan, { count, bytes }: Entries): void {
    const copier = this.#copier;
    copier.section(span, (reader) => {
      const declared = reader.u32();
      copier.replaceU32(reader.offset, declared + count);
      copier.copyTo(span.end);
      copier.put(bytes);
    });
  }

  #tables(span: SectionSpan): void {
    const { tableMaxima } = this.#options;
    const copier = this.#copier;
    copier.section(span, () => {
      copier.putU32(this.#facts.tables.length);
      this.#facts.tables.forEach(({ elementType, minimum }, i) => {
        copier.put(concat([[elementType, HAS_MAXIMUM], leb(minimum), leb(tableMaxima[i] ?? minimum)]));
      });
      copier.skipTo(span.end);
    });
  }

  #rewriteCode(span: SectionSpan | undefined): void {
    rewriteCode(span, {
      module: this.#module,
      code: this.#code,
      plan: this.#plan,
      shift: this.#shift,
      copier: this.#copier,
    });
  }

  #custom(span: SectionSpan): void {
    const name = customSectionName(this.#module, span.body, span.end);
    if (name === NAME_SECTION && !this.#named) {
      this.#copier.skipTo(span.end);
      this.#names(span);
    } else if (this.#plan.changes && name?.startsWith(CODE_METADATA)) {
      this.#copier.skipTo(span.end);
    }
  }

  #names(span: SectionSpan | undefined): void {
    this.#named = true;
    const section = span && readerOf(this.#module, span.body, span.end);
    const changes = { shift: this.#shift, codeChanged: this.#plan.changes, moduleName: this.#options.moduleName };
    const names = rewriteNames(section, this.#module, changes);
    this.#copier.newSection(SECTION.custom, () => {
      this.#copier.put(names);
    });
  }
}

function countImports(module: Uint8Array, facts: ModuleFacts): number {
  const span = facts.sections.find(({ id }) => id === SECTION.import);
  return span === undefined ? 0 : readerOf(module, span.body, span.end).u32();
}
