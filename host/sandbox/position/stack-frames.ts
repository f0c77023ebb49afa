/** The frames of core modules in the text of a V8 stack. */

export interface StackFrame {
  /** Name of the module, as in its name section. */
  readonly module: string;
  /** Name of the function, as in the name section; undefined where it has none. */
  readonly function: string | undefined;
  /** In bytes of the module that V8 compiled. */
  readonly offset: number;
}

/** V8 stops at `Error.stackTraceLimit`, 10 by default; names are what makes a stack long, and those are cut when a module is rewritten. */
const MAX_STACK_CHARS = 64 * 1024;

/**
 * The end of a line decides, which no name can reach: `(wasm://wasm/<module>-<hash>:wasm-function[<index>]:0x<offset>)`. Tools that
 * format stacks themselves print `:1:<offset + 1>`, which is what V8 gives them as line and column.
 */
const FRAME = /^ *at (.*?)\(?wasm:\/\/wasm\/([^ :/]+)-[0-9a-f]{8}:(?:wasm-function\[\d+\]:0x([0-9a-f]+)|1:(\d+))\)?$/;

/**
 * @param stack - of an error that V8 made.
 * @returns frames of modules with a name, innermost first.
 */
export function readStackFrames(stack: string): StackFrame[] {
  return stack.slice(0, MAX_STACK_CHARS).split('\n').flatMap(readLine);
}

function readLine(line: string): StackFrame[] {
  const match = FRAME.exec(line);
  if (match === null) {
    return [];
  }
  const [, names = '', module = '', hexadecimal, column] = match;
  const offset = hexadecimal === undefined ? Number(column) - 1 : Number.parseInt(hexadecimal, 16);
  const prefix = `${module}.`;
  const name = names.startsWith(prefix) ? names.slice(prefix.length).trimEnd() : '';
  return [{ module, function: name === '' ? undefined : name, offset }];
}
