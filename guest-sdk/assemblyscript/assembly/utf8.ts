// Text and its bytes.

export function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(String.UTF8.byteLength(text));
  String.UTF8.encodeUnsafe(
    changetype<usize>(text),
    text.length,
    bytes.dataStart,
    false,
    String.UTF8.ErrorMode.REPLACE,
  );
  return bytes;
}

export function textOf(bytes: Uint8Array): string {
  return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length);
}
