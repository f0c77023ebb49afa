/** What bench/hook-call.ts must reach, and whether a run did. */
import { BARE_CORE, BARE_CORE_AWAITED } from './contenders/bare-core.js';
import type { Work } from './contenders/contender.js';
import { EXTISM_INLINE, EXTISM_WORKER } from './contenders/extism.js';
import { JCO } from './contenders/jco.js';
import { OURS_RAW, OURS_RAW_SYNC } from './contenders/ours.js';
import { ratio } from './support/statistics.js';
import { verdictRows } from './support/verdict.js';

interface Target {
  readonly work: Work;
  readonly bytes: number;
  readonly contender: string;
  readonly against: string;
  /** Greatest ratio that meets it. */
  readonly atMost: number;
}

const KIB = 1024;

const TARGETS: readonly Target[] = [
  { work: 'echo', bytes: 64, contender: OURS_RAW_SYNC, against: BARE_CORE, atMost: 1.3 },
  { work: 'echo', bytes: 64, contender: OURS_RAW, against: BARE_CORE_AWAITED, atMost: 1.3 },
  { work: 'echo', bytes: 64, contender: OURS_RAW, against: JCO, atMost: 1 / 4 },
  { work: 'echo', bytes: 64, contender: OURS_RAW, against: EXTISM_INLINE, atMost: 1 / 8 },
  { work: 'echo', bytes: 64, contender: OURS_RAW, against: EXTISM_WORKER, atMost: 1 / 80 },
  { work: 'relay', bytes: 64, contender: OURS_RAW, against: JCO, atMost: 1 / 8 },
  { work: 'echo', bytes: KIB * KIB, contender: OURS_RAW, against: BARE_CORE, atMost: 1.3 },
];

/** Samples of one cell of the table. */
export interface CellSamples {
  readonly work: Work;
  readonly bytes: number;
  readonly samples: ReadonlyMap<string, readonly number[]>;
}

/** Rows for a table: what against what, the ratio, the target, whether it was met. */
export function targetRows(cells: readonly CellSamples[]): string[][] {
  return verdictRows(
    TARGETS.map(({ work, bytes, contender, against, atMost }) => {
      const cell = cells.find((candidate) => candidate.work === work && candidate.bytes === bytes);
      const measured = ratio(cell?.samples.get(contender) ?? [], cell?.samples.get(against) ?? []);
      const size = bytes < KIB ? `${bytes} B` : `${bytes / KIB / KIB} MiB`;
      return { what: `${work} ${size}: ${contender} / ${against}`, measured, atMost };
    }),
  );
}
