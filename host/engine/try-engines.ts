import type { EngineFacts } from './probe.js';
import { probeEngines } from './probe.js';
import { ENGINE_NAMES, missingTools, selectEngine } from './select.js';
import { tryContainer } from './try-container.js';

/**
 * Look at the engines of this machine, for `doctor`, and run a container with each that `run` can use and that is installed.
 *
 * Whether a runtime works hangs on cgroups, sysctls, seccomp filters and its version; no list covers that. Takes some hundreds of
 * milliseconds and leaves nothing behind.
 */
export async function tryEngines(): Promise<EngineFacts[]> {
  const all: EngineFacts[] = [];
  for (const facts of probeEngines()) all.push(facts.usable ? await tryEngine(facts) : facts);
  return all;
}

async function tryEngine(facts: EngineFacts): Promise<EngineFacts> {
  const name = ENGINE_NAMES.find((one) => one === facts.name);
  if (name === undefined) return facts;
  const missing = missingTools(name).map((tool) => `${tool} is not installed`);
  const problems = missing.length > 0 ? missing : (await tryContainer(selectEngine(name))).problems;
  return { ...facts, usable: problems.length === 0, problems };
}
