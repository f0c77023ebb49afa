/** Ends in the way that `kind` says. */
export function decode(kind: string, length: i32): i32 {
  if (kind == "divide") {
    return 100 / (length - 6);
  }
  if (kind == "unreachable") {
    unreachable();
  }
  if (kind == "outside") {
    return load<i32>(0x7fffffff - length);
  }
  if (kind == "assert") {
    assert(length == 0, "length must be 0");
  }
  if (kind == "deep") {
    return deeper(length) + 1;
  }
  if (kind == "endless") {
    return endless(length);
  }
  return inLibrary(kind, length);
}

function deeper(depth: i32): i32 {
  return deeper(depth + 1) * 3 + depth;
}

function endless(start: i32): i32 {
  let sum = start;
  for (let i = 1; i != 0; i |= 1) {
    sum = sum * 31 + i;
    if (sum == -1) i++;
  }
  return sum;
}

/** What the language's library ends. */
function inLibrary(kind: string, length: i32): i32 {
  if (kind == "index") {
    const list: i32[] = [length];
    return list[length];
  }
  if (kind == "memory") {
    return new Uint8Array((1 << 29) + length).length;
  }
  return 0;
}
