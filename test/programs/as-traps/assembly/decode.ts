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
  return 0;
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
