/**
 * The step between validating a core module and compiling it: what the host must be able to bound is taken out of the
 * module's hands.
 *
 *   (memory 1)           ->  (import "wasm-plugin:sandbox" "memory" (memory 1))   created by the host, with a clamped maximum
 *   (table 1 funcref)    ->  (table 1 4096 funcref)
 *
 * A module has at most one memory and imports come first in its index space, so no index changes and no code is
 * touched. Everything else is copied as it is.
 */

import type { ModuleFacts, SectionSpan } from './module-facts.js';
import { SECTION_IMPORT, SECTION_MEMORY, SECTION_TABLE } from './module-facts.js';
import { MEMORY_IMPORT, RESERVED_NAMESPACE } from './reserved.js';
import { concat, leb, section, text } from './wasm-bytes.js';

/** How far the tables of one module may grow, in the order of its table section. */
export interface ModuleBounds {
  readonly tableMaxima: readonly number[];
}

/**
 * A rewriting of one core module. Steps compose: each takes valid bytes and their facts, and gives valid bytes.
 *
 * @param module - passed `WebAssembly.validate` as its author wrote it; not modified.
 */
export type Rewrite = (module: Uint8Array, facts: ModuleFacts, bounds: ModuleBounds) => Uint8Array;

const MEMORY_KIND = 0x02;
const HAS_MAXIMUM = 0x01;
const LAST_BEFORE_IMPORT = 1;

/** Make the defined memory an import, and clamp the defined tables. */
export const boundMemoryAndTables: Rewrite = (module, facts, bounds) => {
  const { memory } = facts;
  if (memory === undefined && facts.tables.length === 0) {
    return module;
  }
  const memoryImport =
    memory === undefined
      ? undefined
      : concat([text(RESERVED_NAMESPACE), text(MEMORY_IMPORT), [MEMORY_KIND, 0x00], leb(memory.minimum)]);
  const parts: Uint8Array[] = [module.subarray(0, facts.sections[0]?.start ?? module.byteLength)];
  let placed = memoryImport === undefined;
  for (const span of facts.sections) {
    if (!placed && memoryImport !== undefined && span.id > LAST_BEFORE_IMPORT) {
      placed = true;
      parts.push(withImport(module, span, memoryImport));
      if (span.id === SECTION_IMPORT) {
        continue;
      }
    }
    if (span.id === SECTION_TABLE) {
      parts.push(clampedTables(facts, bounds));
    } else if (span.id !== SECTION_MEMORY) {
      parts.push(module.subarray(span.start, span.end));
    }
  }
  return concat(parts);
};

/** The import section with one import more: the module's own one at `span`, or a new one that goes before it. */
function withImport(module: Uint8Array, span: SectionSpan, added: Uint8Array): Uint8Array {
  if (span.id !== SECTION_IMPORT) {
    return section(SECTION_IMPORT, [leb(1), added]);
  }
  let at = span.body;
  let count = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = module[at++]!;
    count |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      break;
    }
  }
  return section(SECTION_IMPORT, [leb((count >>> 0) + 1), module.subarray(at, span.end), added]);
}

function clampedTables(facts: ModuleFacts, bounds: ModuleBounds): Uint8Array {
  const entries = facts.tables.map(({ elementType, minimum }, i) =>
    concat([[elementType, HAS_MAXIMUM], leb(minimum), leb(bounds.tableMaxima[i] ?? minimum)]),
  );
  return section(SECTION_TABLE, [leb(entries.length), ...entries]);
}
