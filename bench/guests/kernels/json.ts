// JSON: a document is parsed by recursive descent and written again without spaces, into a buffer that is hashed.

const ITEMS = 220;
const MAX_DEPTH = 32;

const input = new Uint8Array(64 << 10);
const output = new Uint8Array(64 << 10);
let inputLen = 0;
let at = 0;
let outputLen = 0;
/** A digit in the document. */
let digitAt = 0;

makeDocument();

export function run(rounds: i32): i32 {
  let sum: u32 = 0;
  for (let round = 0; round < rounds; round++) {
    // Another digit each time, so that no two rounds have the same document.
    input[digitAt] = 0x30 + <u8>(round % 10);
    at = 0;
    outputLen = 0;
    const values = copyValue(0);
    if (values < 0 || at != inputLen) unreachable();
    sum = sum * 31 + hashOutput() + values;
  }
  return sum;
}

function makeDocument(): void {
  text('{ "items": [ ');
  for (let i = 0; i < ITEMS; i++) {
    if (i > 0) text(" , ");
    text('{ "id": ');
    digitAt = inputLen;
    text(i.toString());
    text(', "name": "item \\"');
    text((i * 7919).toString());
    text('\\"", "price": ');
    text((i * 37).toString());
    text('.25, "tags": [ "a", "bc", "def" ], "sold": ');
    text(i % 3 == 0 ? "true" : "false");
    text(', "next": null }');
  }
  text(" ] }");
}

function text(part: string): void {
  for (let i = 0; i < part.length; i++) input[inputLen++] = <u8>part.charCodeAt(i);
}

/** How many values it copied; negative for what is not JSON. */
function copyValue(depth: i32): i32 {
  skipSpace();
  if (depth > MAX_DEPTH || at >= inputLen) return -1;
  const first = unchecked(input[at]);
  if (first == 0x7b) return copyList(depth, 0x7d, true);
  if (first == 0x5b) return copyList(depth, 0x5d, false);
  if (first == 0x22) return copyString();
  if (first == 0x74) return copyWord(4);
  if (first == 0x66) return copyWord(5);
  if (first == 0x6e) return copyWord(4);
  return copyNumber();
}

function copyList(depth: i32, end: u8, keyed: bool): i32 {
  let values = 1;
  emit();
  skipSpace();
  while (at < inputLen && unchecked(input[at]) != end) {
    if (keyed) {
      if (copyString() < 0) return -1;
      skipSpace();
      if (unchecked(input[at]) != 0x3a) return -1;
      emit();
    }
    const inner = copyValue(depth + 1);
    if (inner < 0) return -1;
    values += inner;
    skipSpace();
    if (unchecked(input[at]) == 0x2c) {
      emit();
      skipSpace();
    }
  }
  if (at >= inputLen) return -1;
  emit();
  return values;
}

function copyString(): i32 {
  if (unchecked(input[at]) != 0x22) return -1;
  emit();
  while (at < inputLen && unchecked(input[at]) != 0x22) {
    if (unchecked(input[at]) == 0x5c) emit();
    emit();
  }
  emit();
  return 1;
}

function copyWord(len: i32): i32 {
  for (let i = 0; i < len; i++) emit();
  return 1;
}

function copyNumber(): i32 {
  const start = at;
  while (at < inputLen && isNumberPart(unchecked(input[at]))) emit();
  return at > start ? 1 : -1;
}

function isNumberPart(byte: u8): bool {
  return (byte >= 0x30 && byte <= 0x39) || byte == 0x2e || byte == 0x2d;
}

function skipSpace(): void {
  while (at < inputLen && unchecked(input[at]) == 0x20) at++;
}

function emit(): void {
  unchecked((output[outputLen++] = input[at++]));
}

function hashOutput(): u32 {
  let hash: u32 = 0;
  for (let i = 0; i < outputLen; i++) hash = hash * 31 + unchecked(output[i]);
  return hash;
}
