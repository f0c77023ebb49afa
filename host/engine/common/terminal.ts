/** Terminals of containers: who has one, and how ours gets back the settings that it had before. */
import { execFileSync } from 'node:child_process';
import { isatty } from 'node:tty';
import type { OciConfig } from '../../oci/index.js';
import type { ContainerIo, StdioChoice } from '../engine.js';
import { findTool, TOOLS_PATH } from './host-tools.js';

/** A stuck tool must not keep a container's end from being told. */
const STTY_TIMEOUT_MS = 2000;

/** The terminal of the caller, which a container's own is shown on. */
export interface Terminal {
  /** In characters, as it was at the start. Undefined if it tells none. */
  readonly size: { readonly height: number; readonly width: number } | undefined;
  /** Bring back the settings of the start. A process that is killed while it carries keys leaves them raw. */
  restore(): void;
}

/**
 * The terminal for a container whose config asks for one, if its standard input and output are a terminal.
 *
 * @param onWarning - told where they are not: the command then gets the streams as they are.
 */
export function terminalFor(
  { process }: OciConfig,
  io: ContainerIo,
  onWarning: (text: string) => void,
): Terminal | undefined {
  if (process?.terminal !== true) {
    return undefined;
  }
  const input = descriptorOf(io.stdin, 0);
  if (input === undefined || !isTerminal(input) || !isTerminal(descriptorOf(io.stdout, 1))) {
    onWarning('the container gets no terminal: its standard input and output are none');
    return undefined;
  }
  const saved = stty(input, '--save');
  return {
    size: sizeOf(stty(input, 'size')),
    restore() {
      if (saved !== undefined) {
        stty(input, saved.trim());
      }
    },
  };
}

function sizeOf(text = ''): Terminal['size'] {
  const [height = 0, width = 0] = text.trim().split(' ').map(Number);
  return height > 0 && width > 0 ? { height, width } : undefined;
}

function descriptorOf(choice: StdioChoice = 'inherit', own: number): number | undefined {
  return choice === 'inherit' ? own : typeof choice === 'number' ? choice : undefined;
}

function isTerminal(fd: number | undefined): boolean {
  return fd !== undefined && isatty(fd);
}

function stty(fd: number, word: string): string | undefined {
  const path = findTool('stty');
  if (path === undefined) {
    return undefined;
  }
  try {
    return execFileSync(path, [word], {
      cwd: '/',
      encoding: 'utf8',
      env: { PATH: TOOLS_PATH, LC_ALL: 'C' },
      stdio: [fd, 'pipe', 'ignore'],
      timeout: STTY_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
  } catch {
    // Gone, or not ours to set any more.
    return undefined;
  }
}
