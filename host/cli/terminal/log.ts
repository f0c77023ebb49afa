/**
 * Log lines on stderr: a level padded to 8 columns, a space, the text (upstream's format).
 *
 *   ERROR:   Failed to enable plugin "x": plugin not found.
 *   HINT:    Run "wasm-plugin list" to see what is installed
 *
 * Text of plugins and files may be in a message, so control characters are escaped here, the one place that every line passes.
 */
import { escapeControls } from '../../errors/index.js';
import type { CliOutput } from '../io.js';

export type LogLevel = 'error' | 'hint' | 'warning' | 'info' | 'verbose' | 'debug';

/** How much is printed. Numbers are upstream's message levels. */
export const LOG_SILENT = -3;
export const LOG_QUIET = -2;
export const LOG_NORMAL = 1;
export const LOG_VERBOSE = 4;
export const LOG_DEBUG = 5;

interface Style {
  readonly label: string;
  readonly level: number;
  /** ANSI colour of the label; undefined for none. */
  readonly colour?: number;
}

const STYLES: Readonly<Record<LogLevel, Style>> = {
  error: { label: 'ERROR:', level: LOG_SILENT, colour: 31 },
  hint: { label: 'HINT:', level: LOG_SILENT, colour: 36 },
  warning: { label: 'WARNING:', level: LOG_QUIET, colour: 33 },
  info: { label: 'INFO:', level: LOG_NORMAL, colour: 34 },
  verbose: { label: 'VERBOSE:', level: 2 },
  debug: { label: 'DEBUG:', level: LOG_DEBUG },
};
const LABEL_COLUMNS = 8;

export interface Log {
  error(text: string): void;
  hint(text: string): void;
  warning(text: string): void;
  info(text: string): void;
  verbose(text: string): void;
  debug(text: string): void;
}

export interface LogOptions {
  /** Lines above this level are not printed. */
  readonly level: number;
  readonly colour: boolean;
}

export function createLog(output: CliOutput, options: LogOptions): Log {
  const at = (level: LogLevel) => (text: string) => {
    if (STYLES[level].level <= options.level) output.write(formatLine(level, text, options.colour));
  };
  return {
    error: at('error'),
    hint: at('hint'),
    warning: at('warning'),
    info: at('info'),
    verbose: at('verbose'),
    debug: at('debug'),
  };
}

/**
 * One log line with its line end.
 *
 * Further lines of a text are indented to the first one's column, so that no text can forge a line of its own level.
 */
export function formatLine(level: LogLevel, text: string, colour: boolean): string {
  const style = STYLES[level];
  const label = style.label.padEnd(LABEL_COLUMNS);
  const shown = colour && style.colour !== undefined ? `\u001b[${style.colour}m${label}\u001b[0m` : label;
  const [first = '', ...more] = text.split('\n').map(escapeControls);
  const indent = ' '.repeat(LABEL_COLUMNS + 1);
  return `${[`${shown} ${first}`, ...more.map((line) => (line === '' ? line : `${indent}${line}`))].join('\n')}\n`;
}

/** Colour only for a person: on a terminal, not refused by flag, `NO_COLOR` or `TERM=dumb`. */
export function wantsColour(
  output: CliOutput,
  env: Readonly<Record<string, string | undefined>>,
  refused: boolean,
): boolean {
  // https://no-color.org: any value but the empty one refuses.
  const noColor = env.NO_COLOR !== undefined && env.NO_COLOR !== '';
  return output.isTty && !refused && !noColor && env.TERM !== 'dumb';
}
