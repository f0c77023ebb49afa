import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OciIdMapping, OciResources } from '../oci/index.js';
import { findTool } from './common/index.js';
import type { Engine } from './engine.js';
import { makeConfig } from './make-config.js';

/** What a program of the host needs to run elsewhere, on the layouts that distributions have. */
const HOST_FOLDERS = ['/bin', '/lib', '/lib64', '/usr', '/nix/store'];

export interface TryOptions {
  readonly resources?: OciResources;
  readonly fakeroot?: { readonly uid: readonly OciIdMapping[]; readonly gid: readonly OciIdMapping[] };
}

export interface Trial {
  /** Why the container did not run; empty if it did. */
  readonly problems: readonly string[];
  /** What the engine had to say. */
  readonly warnings: readonly string[];
}

/** Run `true` of the host in a container, to see whether that works here. Leaves nothing behind. */
export async function tryContainer(engine: Engine, { resources, fakeroot }: TryOptions = {}): Promise<Trial> {
  const warnings: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'wasm-plugin-try-'));
  try {
    const there = HOST_FOLDERS.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true);
    const config = makeConfig({
      rootfs: folder,
      command: [findTool('true') ?? '/bin/true'],
      binds: there.map((path) => ({ source: path, destination: path, readOnly: true })),
      rootless: process.getuid?.() !== 0,
      ...(fakeroot === undefined ? {} : { fakeroot }),
    });
    const container = await engine.start(
      {
        id: `try-${engine.name}-${process.pid}`,
        rootfs: folder,
        config: resources === undefined ? config : { ...config, linux: { ...config.linux, resources } },
      },
      { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', onWarning: (text) => warnings.push(text) },
    );
    const { exitCode } = await container.exited;
    const problems = exitCode === 0 ? [] : [`a container with ${engine.name} ended with ${exitCode} instead of 0`];
    return { problems, warnings };
  } catch (error) {
    return { problems: [(error as Error).message], warnings };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
