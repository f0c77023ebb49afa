import { capabilities } from '../abi/index.js';
import { escapeControls } from '../errors/index.js';
import type { SyncCapability } from '../sandbox/index.js';
import { capability } from './define.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One line from a plugin. `text` has its control characters escaped already and is safe for a terminal. */
export interface LogLine {
  readonly plugin: string;
  readonly level: LogLevel;
  readonly text: string;
}

/** A plugin's log: where its lines go, and how much of them there may be for each call. */
export interface PluginLog {
  /** The `wasm-plugin:host/log` capability. */
  readonly capability: SyncCapability;
  /** A line of the guest's stdout or stderr, under the same budget. */
  writeLine(level: LogLevel, text: string): void;
  /** Give the next call its full budget. */
  startCall(): void;
  /** What the guest's abort handler said last in this call, for the error that names the trap. */
  lastWords(): string | undefined;
}

/** Long enough for a stack trace, too short to flood a terminal from one short hook. */
export const DEFAULT_LOG_BYTES_PER_CALL = 64 * 1024;
/** Longer lines are cut: no terminal or log collector reads them. */
const MAX_LINE_CHARS = 8 * 1024;
/** The SDK's abort handler logs `abort: message at file:line:column` just before it traps. */
const ABORT_PREFIX = 'abort: ';

/**
 * @param plugin - the name that tags every line.
 * @param write - receives finished lines, in order.
 * @param bytesPerCall - budget of text for one call, counted in UTF-16 code units; what exceeds it is dropped with one last line.
 */
export function createPluginLog(
  plugin: string,
  write: (line: LogLine) => void,
  bytesPerCall: number = DEFAULT_LOG_BYTES_PER_CALL,
): PluginLog {
  let left = bytesPerCall;
  let abortText: string | undefined;

  function writeLine(level: LogLevel, text: string): void {
    if (left <= 0) {
      return;
    }
    const cut = text.length > MAX_LINE_CHARS ? `${text.slice(0, MAX_LINE_CHARS)}…` : text;
    const shown = escapeControls(cut);
    // As it is written: an escape is eight times as long as what it stands for. An empty line costs too, or they could go on for ever.
    left -= shown.length + 1;
    write({ plugin, level, text: shown });
    if (left <= 0) {
      write({ plugin, level: 'warn', text: `log cut: more than ${bytesPerCall} bytes in one call` });
    }
  }

  /** One by one: a message of newlines alone would make a list that is many times its size. */
  function writeLines(level: LogLevel, message: string): void {
    for (let start = 0; start <= message.length && left > 0; ) {
      const newline = message.indexOf('\n', start);
      const end = newline === -1 ? message.length : newline;
      writeLine(level, message.slice(start, end));
      start = end + 1;
    }
  }

  return {
    writeLine,
    startCall: () => {
      left = bytesPerCall;
      abortText = undefined;
    },
    lastWords: () => abortText,
    capability: capability(capabilities.log, ({ level, message }) => {
      if (level === 'error' && message.startsWith(ABORT_PREFIX)) {
        // It becomes part of the error that the caller gets, so it is not printed a second time as a line.
        abortText = escapeControls(message.slice(ABORT_PREFIX.length, ABORT_PREFIX.length + MAX_LINE_CHARS));
      } else {
        writeLines(level, message);
      }
      return {};
    }),
  };
}
