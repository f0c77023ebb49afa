import { constants } from 'node:os';
import type { ExitStatus } from '../engine.js';

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals)
    .map(([name, number]) => [number, name] as const)
    .reverse(),
);

/** Base of the exit codes that tell a signal. */
const SIGNALLED = 128;

export const KILLED: ExitStatus = endedBy('SIGKILL');

/** @returns how a process ends that a signal ends. */
export function endedBy(signal: NodeJS.Signals): ExitStatus {
  return { exitCode: SIGNALLED + constants.signals[signal], signal };
}

/**
 * How the container ended, from how its outermost process did.
 *
 * That process repeats the command's code, and shells write a signal N as 128 + N. If it was killed itself, the container was.
 */
export function exitStatus(code: number | null, signal: NodeJS.Signals | null): ExitStatus {
  if (signal !== null) {
    return endedBy(signal);
  }
  const exitCode = code ?? 1;
  const name = NAMES.get(exitCode - SIGNALLED);
  return name === undefined ? { exitCode } : { exitCode, signal: name };
}
