import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool } from './common/index.js';
import { makeConfig } from './make-config.js';
import type { EngineFacts } from './probe.js';
import { probeEngines } from './probe.js';
import { createRuntimeEngine } from './runtime/index.js';
import { missingTools } from './select.js';

/** What a program of the host needs to run elsewhere, on the layouts that distributions have. */
const HOST_FOLDERS = ['/bin', '/lib', '/lib64', '/usr', '/nix/store'];

/**
 * Look at the engines of this machine, for `doctor`, and run a container with crun and runc where they are installed.
 *
 * Whether a runtime works hangs on cgroups, sysctls, seccomp filters and its version; no list covers that. Takes some hundreds of
 * milliseconds and leaves nothing behind.
 */
export async function tryEngines(): Promise<EngineFacts[]> {
  const all: EngineFacts[] = [];
  for (const facts of probeEngines()) {
    const { name } = facts;
    all.push(facts.usable && (name === 'crun' || name === 'runc') ? await tryRuntime(facts, name) : facts);
  }
  return all;
}

async function tryRuntime(facts: EngineFacts, name: 'crun' | 'runc'): Promise<EngineFacts> {
  const missing = missingTools(name).map((tool) => `${tool} is not installed`);
  const problems = missing.length > 0 ? missing : await runOnce(name);
  return { ...facts, usable: problems.length === 0, problems };
}

/** Run `true` of the host in a container. @returns why that failed. */
async function runOnce(name: 'crun' | 'runc'): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-try-'));
  try {
    const there = HOST_FOLDERS.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true);
    const config = makeConfig({
      rootfs: folder,
      command: [findTool('true') ?? '/bin/true'],
      binds: there.map((path) => ({ source: path, destination: path, readOnly: true })),
      rootless: process.getuid?.() !== 0,
    });
    const engine = createRuntimeEngine(name);
    const container = await engine.start(
      { id: `try-${name}-${process.pid}`, rootfs: folder, config },
      { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
    );
    const { exitCode } = await container.exited;
    return exitCode === 0 ? [] : [`a container with ${name} ended with ${exitCode} instead of 0`];
  } catch (error) {
    return [(error as Error).message];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
