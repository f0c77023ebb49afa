import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { OciConfig } from '../../oci/index.js';
import type { RunningContainer } from '../engine.js';
import type { Cgroup } from './cgroup.js';
import type { OciState } from './oci-hooks.js';
import type { RunDirectory } from './run-directory.js';
import type { Terminal } from './terminal.js';

/** A container whose outermost process was just spawned: what it takes to see it through its life, on any engine. */
export interface Supervision {
  readonly id: string;
  /** As the caller gave it. */
  readonly config: OciConfig;
  readonly run: RunDirectory;
  /** The outermost process, with the setup's errors on 2, the channel on 3 and the command's stderr on 4. */
  readonly child: ChildProcess;
  /** What the command's own terminal is shown on. */
  readonly terminal: Terminal | undefined;
  createCgroup(): Cgroup;
  readonly hold: boolean;
  readonly onWarning: (text: string) => void;
}

/** The caller's ends of the command's streams. */
export function streamsOf({
  stdin,
  stdout,
  stdio,
}: ChildProcess): Pick<RunningContainer, 'stdin' | 'stdout' | 'stderr'> {
  return { stdin, stdout, stderr: (stdio[4] as Duplex | null | undefined) ?? null };
}

/** What hooks are told of the container. @param pid - of its first process, as the host counts. */
export function stateOf({ id, config, run }: Supervision, status: OciState['status'], pid: number): OciState {
  return {
    ociVersion: config.ociVersion,
    id,
    status,
    ...(status === 'stopped' ? {} : { pid }),
    bundle: run.path,
    annotations: config.annotations ?? {},
  };
}
