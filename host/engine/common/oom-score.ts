import { writeFileSync } from 'node:fs';
import type { OciConfig } from '../../oci/index.js';

/** Apply `process.oomScoreAdj` to a process; a lower one than it has takes a privilege, and is a warning without. */
export function setOomScore(pid: number, { process }: OciConfig, onWarning: (text: string) => void): void {
  const score = process?.oomScoreAdj;
  if (score === undefined) {
    return;
  }
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, `${score}`);
  } catch (error) {
    onWarning(`process.oomScoreAdj is not applied: ${(error as NodeJS.ErrnoException).code}`);
  }
}
