// What happens on `throw`, a failed `assert` and a range error of the standard library. The trap that follows carries no text,
// so the text goes to the host's log first, in a form that the host recognises and puts into its own error:
//
//   abort: <message> at <file>:<line>:<column>
//
// `compile` makes this the `abort` of the whole program. It writes straight into the message: no strings are joined.
import { beginLine, sendLine } from "./log-line";
import { Writer } from "./writer";

// @ts-ignore: decorator
@global
export function wasm_plugin_abort(message: string | null, fileName: string | null, line: u32, column: u32): void {
  const writer = beginLine("error");
  const what = message !== null ? message : "no message";
  const where = fileName !== null ? fileName : "unknown";
  // "abort: " + " at " + two colons
  const size = 13 + String.UTF8.byteLength(what) + String.UTF8.byteLength(where) + digits(line) + digits(column);
  writer.writeStrHeader(size);
  writeText(writer, "abort: ");
  writeText(writer, what);
  writeText(writer, " at ");
  writeText(writer, where);
  writeDecimal(writer, line);
  writeDecimal(writer, column);
  sendLine(writer);
  unreachable();
}

function writeText(writer: Writer, text: string): void {
  writer.writeText(text, String.UTF8.byteLength(text));
}

function digits(value: u32): i32 {
  let count = 1;
  for (; value >= 10; value /= 10) count++;
  return count;
}

/** A colon and the number. */
function writeDecimal(writer: Writer, value: u32): void {
  writer.writeByte(0x3a);
  let unit: u32 = 1;
  for (let count = digits(value); count > 1; --count) unit *= 10;
  for (; unit != 0; unit /= 10) writer.writeByte(<u8>(0x30 + (value / unit) % 10));
}
