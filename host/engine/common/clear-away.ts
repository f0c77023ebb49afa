import { setTimeout as sleep } from 'node:timers/promises';
import type { Cgroup } from './cgroup.js';
import type { RunDirectory } from './run-directory.js';

/** A cgroup can be busy for a moment after its last process has ended. */
const CGROUP_RETRIES_MS = [1, 5, 20, 100, 500];

/** Remove what the kernel leaves of a container that has ended: its cgroups and its folder. What cannot be removed is a warning. */
export async function clearAway(
  run: RunDirectory,
  cgroup: Cgroup | undefined,
  onWarning: (text: string) => void,
): Promise<void> {
  try {
    for (const pauseMs of CGROUP_RETRIES_MS) {
      if ((cgroup?.remove() ?? []).length === 0) {
        break;
      }
      await sleep(pauseMs);
    }
    const busy = cgroup?.remove() ?? [];
    if (busy.length > 0) {
      onWarning(`cgroups are left behind: ${busy.join(', ')}`);
    }
    run.remove();
  } catch (error) {
    onWarning(`the folder of the run is left behind: ${(error as Error).message}`);
  }
}
