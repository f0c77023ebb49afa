// The env capability: variables of the host's environment. Needs a grant such as `env:SLURM_*`.
import { answerAddress } from "./answer-area";
import { takeAnswer, wellFormed } from "./capability";
import { EnvRequest, EnvResponse } from "./messages.generated";
import { Writer } from "./writer";

// @ts-ignore: decorator
@external("wasm-plugin:host/env@1.0.0", "call")
declare function call(ptr: usize, len: usize, answer: usize): void;

export namespace env {
  /** The variable's value, or null: not set, or refused, and then `lastError()` says why. */
  export function get(name: string): string | null {
    const request = new EnvRequest();
    request.name = name;
    const writer = new Writer();
    request.encode(writer);
    call(writer.dataStart, writer.length, answerAddress());
    const reader = takeAnswer();
    if (reader === null) return null;
    const response = EnvResponse.decode(reader);
    return wellFormed(reader) ? response.value : null;
  }
}
