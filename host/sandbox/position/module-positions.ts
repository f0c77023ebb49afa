/** What it takes to say where in its author's source a core module was, kept from when it was compiled. */
import { Reader } from '../../component/index.js';
import { PluginError } from '../../errors/index.js';
import type { OffsetMap } from '../meter/offset-map.js';
import type { ModuleFacts } from '../module-facts.js';

/** The data of an `OffsetMap`. */
export type Origins = Pick<OffsetMap, 'starts' | 'origins'>;

/** Plain data, so that it can go to a thread with the module. */
export interface ModulePositions {
  /** The compiled module's name, see `moduleName`. */
  readonly name: string;
  /** From offsets in the compiled module to those in its author's: an `OffsetMap`, or what a thread gets of it. */
  readonly origins: Origins;
  /** Where the contents of the code section begin in the author's module: addresses of DWARF count from there. */
  readonly codeStart: number;
  /** The URL in the author's `sourceMappingURL` section, a copy; decoded when there is something to look up. */
  readonly sourceMap: Uint8Array | undefined;
}

/** A large AssemblyScript plugin has 70 kB. Parsing takes some thirty times this at worst, for a moment. */
export const MAX_SOURCE_MAP_BYTES = 1024 * 1024;

const CUSTOM_SECTION = 0;
const CODE_SECTION = 10;
const SOURCE_MAP_SECTION = 'sourceMappingURL';

/**
 * Keep what explaining a trap takes.
 *
 * @param module - as its author wrote it; not kept.
 * @param facts - of the same module.
 */
export function modulePositions(
  name: string,
  module: Uint8Array,
  facts: ModuleFacts,
  origins: Origins,
): ModulePositions {
  return {
    name,
    origins,
    codeStart: facts.sections.find(({ id }) => id === CODE_SECTION)?.body ?? module.length,
    sourceMap: readSourceMap(module, facts),
  };
}

function readSourceMap(module: Uint8Array, facts: ModuleFacts): Uint8Array | undefined {
  for (const { id, body, end } of facts.sections) {
    const url = id === CUSTOM_SECTION ? readUrl(module, body, end) : undefined;
    if (url !== undefined) {
      return url;
    }
  }
  return undefined;
}

/** WebAssembly tool conventions, "Source maps": the section's name, and a name that is the URL. */
function readUrl(module: Uint8Array, start: number, end: number): Uint8Array | undefined {
  const budget = { left: module.length, limit: module.length };
  const reader = new Reader(module, budget, SOURCE_MAP_SECTION.length, start, end);
  try {
    if (reader.name() !== SOURCE_MAP_SECTION) {
      return undefined;
    }
    const url = reader.range(reader.u32(), 'the URL of a source map').rest();
    return url.length <= MAX_SOURCE_MAP_BYTES ? url.slice() : undefined;
  } catch (error) {
    if (error instanceof PluginError) {
      // Custom sections are what their authors make of them; this one does not help.
      return undefined;
    }
    throw error;
  }
}
