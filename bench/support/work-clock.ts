type ThreadCpuUsage = () => { readonly user: number; readonly system: number };

/** There from Node 23.9 on, which the types do not know. */
const threadCpuUsage = (process as { readonly threadCpuUsage?: ThreadCpuUsage }).threadCpuUsage;

/** What {@link workNanoseconds} counts, for the note of a report. */
export const WORK_TIME = threadCpuUsage === undefined ? 'wall time' : 'processor time of the thread';

/**
 * Nanoseconds of this thread's work since some point in time: what others do on the machine counts little.
 *
 * It moves in steps of a millisecond or two, so only for what takes many of them. Where Node does not tell, it is wall time.
 */
export function workNanoseconds(): number {
  if (threadCpuUsage === undefined) {
    return Number(process.hrtime.bigint());
  }
  const { user, system } = threadCpuUsage.call(process);
  return (user + system) * 1e3;
}
