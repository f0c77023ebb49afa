interface CpuUsage {
  readonly user: number;
  readonly system: number;
}

/** Node's types are those of the oldest version that we run on. */
const { threadCpuUsage } = process as unknown as { readonly threadCpuUsage?: () => CpuUsage };

const MICROSECONDS_PER_MS = 1000;

/** Processor time that this thread has used; undefined where Node cannot tell (before 22.19). */
export function threadCpuMs(): number | undefined {
  if (threadCpuUsage === undefined) {
    return undefined;
  }
  const { user, system } = threadCpuUsage();
  return (user + system) / MICROSECONDS_PER_MS;
}
