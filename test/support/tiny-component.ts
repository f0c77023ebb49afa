/** A component of imports and exports alone: enough to be named and described, not to be run. */
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const SECTION = { type: 7, import: 10, export: 11 } as const;
/** A component type section with one empty instance type. */
const EMPTY_INSTANCE_TYPE = [0x01, 0x42, 0x00];
const INSTANCE = 0x05;

export interface TinyComponent {
  /** At least one if there are exports: they re-export the first import. */
  readonly imports?: readonly string[];
  readonly exports?: readonly string[];
}

export function tinyComponent({ imports = [], exports = [] }: TinyComponent = {}): Uint8Array {
  const bytes = [...PREAMBLE];
  if (imports.length > 0) {
    bytes.push(...section(SECTION.type, EMPTY_INSTANCE_TYPE));
    bytes.push(...section(SECTION.import, list(imports.map((id) => [...name(id), INSTANCE, 0]))));
  }
  if (exports.length > 0)
    bytes.push(...section(SECTION.export, list(exports.map((id) => [...name(id), INSTANCE, 0, 0]))));
  return new Uint8Array(bytes);
}

function section(id: number, body: readonly number[]): number[] {
  return [id, ...leb(body.length), ...body];
}

function list(items: readonly number[][]): number[] {
  return [...leb(items.length), ...items.flat()];
}

function name(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  return [0x00, ...leb(bytes.length), ...bytes];
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}
