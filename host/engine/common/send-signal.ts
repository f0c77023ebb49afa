import { constants } from 'node:os';

/** Send a signal to a process that may have ended meanwhile; its exit is on the way then. */
export function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, constants.signals[name]);
  } catch {
    // It has.
  }
}
