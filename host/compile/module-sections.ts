/** The parts of a core module that positions in its source depend on. */
import { Reader } from '../component/index.js';

const PREAMBLE_SIZE = 8;
const CUSTOM_SECTION = 0;
const CODE_SECTION = 10;
const SOURCE_MAP_SECTION = 'sourceMappingURL';

/** Offsets in bytes of the module. */
interface Section {
  readonly id: number;
  readonly start: number;
  readonly body: Reader;
  readonly end: number;
}

/** @param module - valid; the compiler that wrote it has checked that. */
function* readSections(module: Uint8Array): Generator<Section> {
  const budget = { left: module.length, limit: module.length };
  const reader = new Reader(module, budget, module.length, PREAMBLE_SIZE);
  while (!reader.done) {
    const start = reader.offset;
    const id = reader.u8();
    const body = reader.range(reader.u32(), `section ${id}`);
    yield { id, start, body, end: body.end };
  }
}

/** Everything up to the end of the code: where this is unchanged, offsets of code mean the same. */
export function upToCode(module: Uint8Array): Uint8Array {
  const end = [...readSections(module)].findLast(({ id }) => id === CODE_SECTION)?.end ?? module.length;
  return module.subarray(0, end);
}

/** A copy of `module` that says where its source map is, or, without `url`, does not say so. */
export function withSourceMapUrl(module: Uint8Array, url: string | undefined): Uint8Array {
  const kept = [...readSections(module)].filter(
    ({ id, body }) => id !== CUSTOM_SECTION || body.fork().name() !== SOURCE_MAP_SECTION,
  );
  const parts = [module.subarray(0, PREAMBLE_SIZE), ...kept.map(({ start, end }) => module.subarray(start, end))];
  if (url !== undefined) {
    const body = Buffer.concat([name(SOURCE_MAP_SECTION), name(url)]);
    parts.push(new Uint8Array([CUSTOM_SECTION, ...leb(body.length)]), body);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** UTF-8 with its length in front. */
function name(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return Buffer.concat([new Uint8Array(leb(bytes.length)), bytes]);
}

/** Unsigned LEB128. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}
