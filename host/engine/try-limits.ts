import { readFileSync } from 'node:fs';
import type { OciResources } from '../oci/index.js';
import type { Engine } from './engine.js';
import { tryContainer } from './try-container.js';

export interface LimitFacts {
  /** Versions of cgroups that this process is in. */
  readonly cgroups: readonly ('v1' | 'v2')[];
  /** Limits that a container got, as fields of `linux.resources`. */
  readonly applied: readonly string[];
  /** Why others were not applied, as sentences. */
  readonly problems: readonly string[];
}

/** High enough for `true`, low enough for any parent. */
const RESOURCES: OciResources = {
  memory: { limit: 64 << 20 },
  pids: { limit: 256 },
  cpu: { shares: 512, quota: 50_000, period: 100_000 },
};
const NAMES = ['memory.limit', 'pids.limit', 'cpu.shares', 'cpu.quota'];

/** Run a container with limits, for `doctor`. Leaves nothing behind. */
export async function tryLimits(engine: Engine): Promise<LimitFacts> {
  const { problems, warnings } = await tryContainer(engine, { resources: RESOURCES });
  const about = [...problems, ...warnings.filter((text) => /^the limits? /.test(text))];
  // One that is about a folder, and not about a limit, is about all of them.
  const none = about.some((text) => !text.startsWith('the limit '));
  const applied = NAMES.filter((name) => !none && !about.some((text) => text.startsWith(`the limit ${name} `)));
  return { cgroups: cgroupVersions(), applied, problems: about };
}

function cgroupVersions(): LimitFacts['cgroups'] {
  const lines = readIfThere('/proc/self/cgroup').split('\n');
  const v1 = lines.some((line) => /^[1-9]\d*:(?!name=)/.test(line));
  const v2 = lines.some((line) => line.startsWith('0::'));
  return [...(v1 ? (['v1'] as const) : []), ...(v2 ? (['v2'] as const) : [])];
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
