/** Generic SIF tools look at this much of a partition and drop one that is closer to the end of the file. */
export const MIN_PARTITION_BYTES = 2048;

/** `pad`, as a length-prefixed name. */
const SECTION_NAME = [0x03, 0x70, 0x61, 0x64];
const CUSTOM_SECTION = 0x00;
/** The longest body whose length fits one LEB128 byte. */
const ONE_BYTE = 0x7f;

/**
 * Make a small component large enough to be recognised as a partition.
 *
 * Inside the component, as a custom section that every WebAssembly tool skips, rather than behind it in the file: there,
 * strict readers refuse bytes that belong to nobody.
 *
 * @returns `component` itself if it is large enough, else a copy of 2048 bytes, or up to 5 more where no section has the size
 *   that is missing.
 */
export function padComponent(component: Uint8Array): Uint8Array {
  const missing = MIN_PARTITION_BYTES - component.length;
  if (missing <= 0) return component;
  // One byte of section id, one or two of length.
  const small = Math.max(SECTION_NAME.length, missing - 2);
  const bodySize = small <= ONE_BYTE ? small : Math.max(ONE_BYTE + 1, missing - 3);
  const size = bodySize <= ONE_BYTE ? [bodySize] : [(bodySize & ONE_BYTE) | 0x80, bodySize >> 7];
  const padded = new Uint8Array(component.length + 1 + size.length + bodySize);
  padded.set(component);
  padded.set([CUSTOM_SECTION, ...size, ...SECTION_NAME], component.length);
  return padded;
}
