import type { Worker } from 'node:worker_threads';

/** Threads that somebody else started, and the means to end them behind his back. */
export interface Threads {
  /** End the oldest one. @returns false if there is none. */
  endOne(): boolean;
  /** Stop collecting. */
  forget(): void;
}

/** Collect the threads that are started from now on in this process. */
export function threadsFromNowOn(): Threads {
  const alive = new Set<Worker>();
  const remember = (worker: Worker): void => {
    alive.add(worker);
    worker.once('exit', () => alive.delete(worker));
  };
  process.on('worker', remember);
  return {
    endOne() {
      const [worker] = alive;
      if (worker === undefined) {
        return false;
      }
      alive.delete(worker);
      void worker.terminate();
      return true;
    },
    forget() {
      process.off('worker', remember);
    },
  };
}
