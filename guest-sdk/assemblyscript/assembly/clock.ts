// The clock capability: always granted; a host that replays a run answers what it answered then.
import { answerAddress } from "./answer-area";
import { takeAnswer } from "./capability";
import { ClockRequest, ClockResponse } from "./messages.generated";
import { Writer } from "./writer";

// @ts-ignore: decorator
@external("wasm-plugin:host/clock@1.0.0", "call")
declare function call(ptr: usize, len: usize, answer: usize): void;

/** Nanoseconds since 1970-01-01 UTC. */
export function wallNanoseconds(): i64 {
  return read("wall");
}

/** Nanoseconds since an arbitrary moment; never goes back. */
export function monotonicNanoseconds(): i64 {
  return read("monotonic");
}

export namespace clock {
  /** Milliseconds since 1970-01-01 UTC. */
  export function now(): i64 {
    return wallNanoseconds() / 1_000_000;
  }

  /** Nanoseconds since 1970-01-01 UTC. */
  export function wall(): i64 {
    return wallNanoseconds();
  }

  /** Nanoseconds since an arbitrary moment; never goes back. For measuring. */
  export function monotonic(): i64 {
    return monotonicNanoseconds();
  }
}

/** 0 if the host has no clock for this plugin, with the reason in `lastError()`. */
function read(which: string): i64 {
  const request = new ClockRequest();
  request.clock = which;
  const writer = new Writer();
  request.encode(writer);
  call(writer.dataStart, writer.length, answerAddress());
  const reader = takeAnswer();
  if (reader === null) return 0;
  const response = ClockResponse.decode(reader);
  return response.seconds * 1_000_000_000 + response.nanoseconds;
}
