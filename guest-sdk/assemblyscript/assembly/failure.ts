// The error arm of a hook. AssemblyScript has no exceptions, so a failure is noted here and sent when the hook returns.
import { Writer } from "./writer";

class Failure {
  constructor(
    readonly code: string,
    readonly message: string,
    readonly hint: string,
  ) {}
}

// @ts-ignore: decorator
@lazy let noted: Failure | null = null;

/**
 * Make the current hook fail. The host gets this error instead of what the hook returns afterwards:
 *
 *   fail("no-license", "The license server does not answer", "Start lmgrd");
 *   return new EngineConfigResponse();
 *
 * @param code - for programs: a lower-case word or two.
 * @param message - for people: `what: why`.
 * @param hint - what the reader can do next; left out when empty.
 */
export function fail(code: string, message: string, hint: string = ""): void {
  noted = new Failure(code, message, hint);
}

/** Whether `fail` was called since the last `takeFailure`. */
export function hasFailed(): bool {
  return noted !== null;
}

/** Write the noted failure as the error message and forget it. */
export function takeFailure(writer: Writer): void {
  const failure = noted!;
  noted = null;
  const hinted = failure.hint.length != 0;
  writer.writeMapHeader(hinted ? 3 : 2);
  writer.writeStr("code");
  writer.writeStr(failure.code);
  writer.writeStr("message");
  writer.writeStr(failure.message);
  if (hinted) {
    writer.writeStr("hint");
    writer.writeStr(failure.hint);
  }
}
