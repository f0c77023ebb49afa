/**
 * The name section, which says in stack traces what a function is called: indices move, names are cut and made harmless, the
 * module gets the name that the host wants for it.
 *
 * Nobody has validated it, and nothing depends on it: what cannot be read is left out.
 * WebAssembly core specification 3.0, "Custom Sections", section "Name Section"; extended name section proposal.
 */
import { Reader } from '../../component/index.js';
import { escapeControls, PluginError } from '../../errors/index.js';
import { text } from '../wasm-bytes.js';
import { ByteWriter } from './sections/byte-writer.js';
import type { IndexShift } from './sections/index-shift.js';

export const NAME_SECTION = 'name';

const MODULE = 0;
const FUNCTIONS = 1;
const LOCALS = 2;
const LABELS = 3;
const GLOBALS = 7;
const LAST_KNOWN = 11;
/** V8 puts whole names into every stack trace that it makes. */
const MAX_NAME_BYTES = 256;
const FIRST_PRINTABLE = 0x20;
const DELETE = 0x7f;
const QUESTION_MARK = 0x3f;
/** No custom section that the rewriter looks at has a longer name. */
const MAX_SECTION_NAME_BYTES = 64;
const UTF8_CONTINUATION = 0x80;
const UTF8_LEADING_BITS = 0xc0;

export interface NameChanges {
  readonly shift: IndexShift;
  /** Code has changed, so that labels count differently. */
  readonly codeChanged: boolean;
  /** The module's name from now on; undefined keeps its own. */
  readonly moduleName: string | undefined;
}

/**
 * @param section - contents of the original's section; undefined if it has none that can be read.
 * @returns contents of the new section, with its name in front.
 */
export function rewriteNames(section: Reader | undefined, module: Uint8Array, changes: NameChanges): Uint8Array {
  const out = new ByteWriter((section === undefined ? 0 : section.end - section.offset) + 64);
  out.put(text(NAME_SECTION));
  if (changes.moduleName !== undefined) {
    out.u8(MODULE);
    const opened = out.open();
    out.put(text(changes.moduleName));
    out.close(opened);
  }
  if (section !== undefined) {
    readable(() => {
      const reader = section.fork();
      reader.name();
      // In ascending order, each once: this also bounds how many there are.
      for (let last = -1, id = 0; !reader.done; last = id) {
        id = reader.u8();
        if (id <= last) {
          return;
        }
        const body = reader.range(reader.u32(), 'a subsection');
        subsection(id, body, module, changes, out);
      }
    });
  }
  return out.view();
}

function subsection(id: number, body: Reader, module: Uint8Array, changes: NameChanges, out: ByteWriter): void {
  if (
    id > LAST_KNOWN ||
    (id === MODULE && changes.moduleName !== undefined) ||
    (id === LABELS && changes.codeChanged)
  ) {
    return;
  }
  const { shift } = changes;
  const contents = new ByteWriter(body.end - body.offset + 64);
  const complete = readable(() => {
    switch (id) {
      case FUNCTIONS:
        nameMap(body, module, (index) => shift.function(index), contents);
        return;
      case GLOBALS:
        nameMap(body, module, (index) => shift.global(index), contents);
        return;
      case LOCALS:
      case LABELS:
        indirectNameMap(body, module, (index) => shift.function(index), contents);
        return;
      default:
        contents.copy(module, body.offset, body.end);
    }
  });
  if (complete) {
    out.u8(id);
    const opened = out.open();
    out.put(contents.view());
    out.close(opened);
  }
}

function nameMap(body: Reader, module: Uint8Array, move: (index: number) => number, out: ByteWriter): void {
  const count = body.u32();
  out.u32(count);
  for (let left = count; left > 0; left--) {
    out.u32(move(body.u32()));
    const length = body.u32();
    const { offset } = body.range(length, 'a name');
    const name = shownName(module.subarray(offset, offset + cutLength(module, offset, length)));
    out.u32(name.length);
    out.put(name);
  }
}

/** Names of what functions have: only the functions' indices move. */
function indirectNameMap(body: Reader, module: Uint8Array, move: (index: number) => number, out: ByteWriter): void {
  const count = body.u32();
  out.u32(count);
  for (let left = count; left > 0; left--) {
    out.u32(move(body.u32()));
    nameMap(body, module, (index) => index, out);
  }
}

/** As much of a name as is kept: whole characters. */
function cutLength(module: Uint8Array, start: number, length: number): number {
  let kept = Math.min(length, MAX_NAME_BYTES);
  while (kept < length && kept > 0 && (module[start + kept]! & UTF8_LEADING_BITS) === UTF8_CONTINUATION) {
    kept--;
  }
  return kept;
}

/** Stack traces reach terminals and logs, where a name must move no cursor and forge no line. No name gets longer. */
function shownName(name: Uint8Array): Uint8Array {
  if (name.every(isPrintableAscii)) {
    return name;
  }
  const decoded = new TextDecoder().decode(name);
  return escapeControls(decoded) === decoded
    ? name
    : name.map((byte) => (isPrintableAscii(byte) ? byte : QUESTION_MARK));
}

function isPrintableAscii(byte: number): boolean {
  return byte >= FIRST_PRINTABLE && byte < DELETE;
}

/** @returns whether all of it could be read. */
function readable(read: () => void): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof PluginError) {
      return false;
    }
    throw error;
  }
}

/** @returns the name of a custom section, or undefined if it is none that matters here. */
export function customSectionName(module: Uint8Array, body: number, end: number): string | undefined {
  let name: string | undefined;
  readable(() => {
    const budget = { left: module.length, limit: module.length };
    name = new Reader(module, budget, MAX_SECTION_NAME_BYTES, body, end).name();
  });
  return name;
}
