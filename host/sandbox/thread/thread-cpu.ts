interface CpuUsage {
  readonly user: number;
  readonly system: number;
}

/** Node's types are those of the oldest version that we run on. */
const { threadCpuUsage } = process as unknown as { readonly threadCpuUsage?: () => CpuUsage };

const MICROSECONDS_PER_MS = 1000;

/**
 * Start measuring the processor time of this thread.
 *
 * @returns a function that tells how many milliseconds it has used since; undefined where Node cannot tell, as version 20.
 */
export function measureThreadCpu(): () => number | undefined {
  if (threadCpuUsage === undefined) {
    return () => undefined;
  }
  const before = threadCpuUsage();
  return () => {
    const { user, system } = threadCpuUsage();
    return (user - before.user + system - before.system) / MICROSECONDS_PER_MS;
  };
}
