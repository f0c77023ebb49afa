/**
 * How long something keeps this process's processors busy, for tests that a hostile input costs little.
 *
 * Unlike wall time it does not depend on what else the machine does. Work of all threads of the process counts.
 */

/** @returns a function that tells the milliseconds since this call. */
export function cpuTimer(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}

/** @returns milliseconds that `act` took. */
export function cpuMs(act: () => unknown): number {
  const took = cpuTimer();
  act();
  return took();
}
