import { escapeControls } from '../../errors/index.js';
import type { CliOutput } from '../io.js';

const CLEAR_LINE = '\r\u001b[2K';

/** What a long command is doing right now: one line that replaces itself, and nothing at all off a terminal. */
export interface Progress {
  step(text: string): void;
  /** Remove the line; later output starts on an empty one. */
  end(): void;
}

/** @param enabled - false for `--quiet`, `--json` and `--debug`, whose lines would fight with it. */
export function createProgress(output: CliOutput, enabled: boolean): Progress {
  if (!enabled || !output.isTty) return { step: () => {}, end: () => {} };
  let shown = false;
  return {
    step(text) {
      output.write(`${CLEAR_LINE}${escapeControls(text).slice(0, output.columns - 1)}`);
      shown = true;
    },
    end() {
      if (shown) output.write(CLEAR_LINE);
      shown = false;
    },
  };
}
