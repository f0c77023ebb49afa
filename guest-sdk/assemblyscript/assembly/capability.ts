// What the capabilities that can be refused share: the answer's reader, and the error of the last call as a value.
import { answerIsError, payloadSize, payloadStart, takePayload } from "./answer-area";
import { ErrorMessage } from "./messages.generated";
import { Reader } from "./reader";

/** Why the host did not do what was asked. */
export class CapabilityError {
  constructor(
    /** For programs: `denied`, `unsupported`, `invalid`, `missing`, `exists`, `limit` or `failed`. */
    readonly code: string,
    /** For people. */
    readonly message: string,
    readonly hint: string | null = null,
  ) {}

  toString(): string {
    return this.code + ": " + this.message;
  }
}

// @ts-ignore: decorator
@lazy let last: CapabilityError | null = null;

/** The error of the last capability call, or null if it went well. */
export function lastError(): CapabilityError | null {
  return last;
}

/** Make an error of an earlier call the last one again, for what fails because of it. */
export function failAgain(error: CapabilityError): bool {
  last = error;
  return false;
}

/** A reader over the host's answer, or null if the host refused: `lastError()` then says why. */
export function takeAnswer(): Reader | null {
  const refused = answerIsError();
  const reader = Reader.of(takePayload());
  last = null;
  if (!refused) return reader;
  const error = ErrorMessage.decode(reader);
  last = reader.failed
    ? new CapabilityError("failed", "The host's error could not be read")
    : new CapabilityError(error.code, error.message, error.hint);
  return null;
}

/** The same over the payload where the host put it: the caller calls `dropPayload` when it has read, unless this is null. */
export function peekAnswer(): Reader | null {
  if (answerIsError()) return takeAnswer();
  last = null;
  return new Reader(payloadStart(), payloadStart() + payloadSize());
}

/** Whether what was decoded from an answer can be used; sets `lastError()` if not. */
export function wellFormed(reader: Reader): bool {
  if (reader.failed) last = new CapabilityError("failed", "The host's answer could not be read");
  return !reader.failed;
}
