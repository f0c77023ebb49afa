/** Sections that refer to functions and globals outside of code: their indices move. */
import type { Reader } from '../../../component/index.js';
import type { IndexShift } from './index-shift.js';
import type { ModuleCopier } from './module-copier.js';
import { shiftConstant } from './operators.js';
import { skipBytes, skipLeb, skipValueType } from './skip.js';

const FUNCTION = 0x00;
const GLOBAL = 0x03;
/** Flags of segments. */
const PASSIVE = 1;
const EXPLICIT_INDEX = 2;
const EXPRESSIONS = 4;

/** What each of these needs; `reader` stands at the start of the section's contents. */
export interface Shifting {
  readonly module: Uint8Array;
  readonly reader: Reader;
  readonly copier: ModuleCopier;
  readonly shift: IndexShift;
}

function repeat(reader: Reader, each: () => void): void {
  for (let left = reader.u32(); left > 0; left--) {
    each();
  }
}

/** Read an index and put the one that it becomes in its place. */
function moved({ reader, copier }: Shifting, move: (index: number) => number): void {
  const at = reader.offset;
  const index = reader.u32();
  const now = move(index);
  if (now !== index) {
    copier.copyTo(at);
    copier.replaceU32(reader.offset, now);
  }
}

function constant({ module, reader, copier, shift }: Shifting): void {
  const end = shiftConstant(module, reader.offset, reader.end, shift, copier);
  reader.range(end - reader.offset, 'a constant expression');
}

export function shiftGlobals(shifting: Shifting): void {
  const { reader } = shifting;
  repeat(reader, () => {
    skipValueType(reader);
    reader.u8();
    constant(shifting);
  });
}

export function shiftExports(shifting: Shifting): void {
  const { reader, shift } = shifting;
  repeat(reader, () => {
    skipBytes(reader);
    const kind = reader.u8();
    if (kind === FUNCTION) {
      moved(shifting, (index) => shift.function(index));
    } else if (kind === GLOBAL) {
      moved(shifting, (index) => shift.global(index));
    } else {
      skipLeb(reader);
    }
  });
}

export function shiftStart(shifting: Shifting): void {
  moved(shifting, (index) => shifting.shift.function(index));
}

export function shiftElements(shifting: Shifting): void {
  const { reader, shift } = shifting;
  repeat(reader, () => {
    const flags = reader.u32();
    place(shifting, flags);
    if ((flags & (PASSIVE | EXPLICIT_INDEX)) !== 0) {
      skipValueType(reader);
    }
    repeat(reader, () => {
      if ((flags & EXPRESSIONS) !== 0) {
        constant(shifting);
      } else {
        moved(shifting, (index) => shift.function(index));
      }
    });
  });
}

export function shiftData(shifting: Shifting): void {
  const { reader } = shifting;
  repeat(reader, () => {
    place(shifting, reader.u32());
    skipBytes(reader);
  });
}

/** Table or memory and offset of an active segment. */
function place(shifting: Shifting, flags: number): void {
  if ((flags & PASSIVE) !== 0) {
    return;
  }
  if ((flags & EXPLICIT_INDEX) !== 0) {
    skipLeb(shifting.reader);
  }
  constant(shifting);
}
