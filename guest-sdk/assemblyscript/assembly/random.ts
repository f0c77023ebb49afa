// The random capability: bytes fit for keys; always granted. A host that replays a run answers what it answered then.
import { answerAddress } from "./answer-area";
import { takeAnswer } from "./capability";
import { RandomRequest, RandomResponse } from "./messages.generated";
import { Writer } from "./writer";

// @ts-ignore: decorator
@external("wasm-plugin:host/random@1.0.0", "call")
declare function call(ptr: usize, len: usize, answer: usize): void;

/** The most that one call may ask for. */
// @ts-ignore: decorator
@inline const MAX_BYTES: i32 = 65536;

/** Always `length` bytes: without randomness there is nothing sensible to go on with, so a refusal aborts. */
export function randomBytes(length: i32): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += MAX_BYTES) bytes.set(ask(min(length - at, MAX_BYTES)), at);
  return bytes;
}

export namespace random {
  export function bytes(length: i32): Uint8Array {
    return randomBytes(length);
  }

  /** 64 random bits. */
  export function bits(): u64 {
    return load<u64>(randomBytes(8).dataStart);
  }

  /** Evenly spread over 0 <= x < 1. */
  export function float(): f64 {
    return <f64>(bits() >> 11) / 9007199254740992;
  }
}

function ask(length: i32): Uint8Array {
  const request = new RandomRequest();
  request.length = length;
  const writer = new Writer();
  request.encode(writer);
  call(writer.dataStart, writer.length, answerAddress());
  const reader = takeAnswer();
  if (reader === null) throw new Error("The host gives no random bytes");
  const answered = RandomResponse.decode(reader).bytes;
  if (answered.length != length) throw new Error("The host gave too few random bytes");
  return answered;
}
