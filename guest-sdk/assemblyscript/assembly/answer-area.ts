// Where the host puts discriminant, address and length of its answer to a capability call (see cabi.ts for the layout).

// @ts-ignore: decorator
@lazy const area = memory.data(12, 4);

/** The address to give to an imported `call`. */
export function answerAddress(): usize {
  return area;
}

export function answerIsError(): bool {
  return load<u8>(area) != 0;
}

export function payloadStart(): usize {
  return load<usize>(area, 4);
}

export function payloadSize(): usize {
  return load<usize>(area, 8);
}

/** The payload, copied into memory of the garbage collector; what the host allocated is freed. */
export function takePayload(): Uint8Array {
  const from = load<usize>(area, 4);
  const size = load<usize>(area, 8);
  const payload = new Uint8Array(<i32>size);
  memory.copy(payload.dataStart, from, size);
  dropPayload();
  return payload;
}

/** The same for who does not look at the payload. */
export function dropPayload(): void {
  // No bytes need no memory, and then the address means nothing.
  if (load<usize>(area, 8) != 0) heap.free(load<usize>(area, 4));
}
