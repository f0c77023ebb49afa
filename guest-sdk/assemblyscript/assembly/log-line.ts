// One line to the host's log: the raw call under log.ts, console.ts and abort.ts.
import { answerAddress, dropPayload } from "./answer-area";
import { Writer } from "./writer";

// @ts-ignore: decorator
@external("wasm-plugin:host/log@1.0.0", "call")
declare function call(ptr: usize, len: usize, answer: usize): void;

/** Begin a line; its message is the next string that goes into the writer. */
export function beginLine(level: string): Writer {
  const writer = new Writer();
  writer.writeMapHeader(2);
  writer.writeStr("level");
  writer.writeStr(level);
  writer.writeStr("message");
  return writer;
}

/** Send it. A host that drops lines of a chatty plugin says so in its own log, so the answer is not looked at. */
export function sendLine(writer: Writer): void {
  call(writer.dataStart, writer.length, answerAddress());
  dropPayload();
}

export function logLine(level: string, message: string): void {
  const writer = beginLine(level);
  writer.writeStr(message);
  sendLine(writer);
}
