/**
 * What every container engine offers to its caller.
 *
 * An engine takes a root file system and a finished OCI config and runs the command in it. It knows nothing of plugins:
 * whoever calls it has already let them change the config, and acts on the events in their name.
 */
import type { Readable, Writable } from 'node:stream';
import type { OciConfig } from '../oci/index.js';

export interface Engine {
  readonly name: string;

  /**
   * Create a container, and start its command unless `io.hold` is set.
   *
   * @returns once the container is complete: namespaces, mounts and limits are in place and its pid is known. With
   *   `io.hold` the command waits there for `release()`.
   * @throws PluginError `CONFIG_INVALID` for what the engine cannot honour; `ENGINE_UNAVAILABLE` if the machine lacks a tool;
   *   `ENGINE_FAILED` if the setup fails. Nothing is left behind then. Where
   *   it is about one mount, `details.mount` is its destination.
   */
  start(spec: ContainerSpec, io?: ContainerIo): Promise<RunningContainer>;
}

export interface ContainerSpec {
  /** Letters, digits, `_`, `.`, `+`, `-`; at most 100 characters. Unique among the running containers of this user. */
  readonly id: string;
  /** A directory. It is never written to. */
  readonly rootfs: string;
  readonly config: OciConfig;
}

/** Where one stream of the command goes: ours, a pipe to the caller, nowhere, or a file descriptor. */
export type StdioChoice = 'inherit' | 'pipe' | 'ignore' | number;

export interface ContainerIo {
  /** Default `inherit`, for all three. */
  readonly stdin?: StdioChoice;
  readonly stdout?: StdioChoice;
  readonly stderr?: StdioChoice;
  /** Leave the command waiting until `release()`. Default false. */
  readonly hold?: boolean;
  /** Told of each part of the config that was left out although it does not weaken the container, in one sentence. */
  readonly onWarning?: (text: string) => void;
}

export interface ExitStatus {
  /** 0 to 255; 128 + N if a signal N ended the command. */
  readonly exitCode: number;
  /** The name for an `exitCode` above 128, as shells tell it: a command that calls `exit(143)` reads as SIGTERM. */
  readonly signal?: string;
}

export interface ContainerStats {
  readonly memoryBytes?: number;
  /** CPU time used so far. */
  readonly cpuUsec?: number;
  readonly pids?: number;
}

export interface RunningContainer {
  /** Pid of the container's first process, as the host counts. Its namespaces are the container's. */
  readonly pid: number;
  /** The folder that belongs to this run, with its final config.json. Gone after exit. */
  readonly bundle: string;
  /** Settles when the command is about to be executed; rejects if the container ended before. */
  readonly started: Promise<void>;
  /** Settles when the command has ended and nothing of the container is left. Never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** The caller's ends of the streams that were asked for as `pipe`. */
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** Let a held command go. Calling it again changes nothing. @throws what `started` rejects with. */
  release(): Promise<void>;
  /** Send a signal (`SIGTERM`) to the command; a command that is not running yet gets it when it starts. */
  signal(name: NodeJS.Signals): void;
  /** End the container at once, also one that is held. */
  kill(): void;
  /**
   * What it uses now; absent where the machine does not tell. After its end: CPU time in total where it had a cgroup, the rest as it
   * was read last.
   */
  stats(): ContainerStats;
  /** End the container if it still runs, and wait until nothing of it is left. */
  cleanup(): Promise<void>;
}
