/** The life of one container of an OCI runtime, from its first process to the last trace of it. */
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, constants as fsConstants, openSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { PluginError } from '../../errors/index.js';
import type { OciConfig } from '../../oci/index.js';
import type { Cgroup, Channel, IdMaps, OciState, RunDirectory, Terminal } from '../common/index.js';
import {
  cgroupFolders,
  createChannel,
  exitStatus,
  keepStats,
  processStats,
  runHooks,
  within,
  writeIdMaps,
} from '../common/index.js';
import type { ExitStatus, RunningContainer } from '../engine.js';
import { GO, STARTED, TOLD } from './box.js';
import { exitCodeOfWords, runtimeWords, setupFailed } from './failure.js';
import { findInit, programOf, send, untilUnblocked, withHandlersHeld, wouldBeLost } from './init-process.js';

export interface Supervision {
  /** Of the engine, for messages. */
  readonly name: string;
  readonly id: string;
  /** As the caller gave it. */
  readonly config: OciConfig;
  readonly run: RunDirectory;
  /** The outermost process, just spawned, with the setup's errors on 2 and the channel on 3. */
  readonly child: ChildProcess;
  /** What the command's own terminal is shown on. */
  readonly terminal: Terminal | undefined;
  readonly streams: {
    readonly stdin: Writable | null;
    readonly stdout: Readable | null;
    readonly stderr: Readable | null;
  };
  /** File that the runtime logs to. */
  readonly logFile: string;
  /** Ids that the box waits for. */
  readonly idMaps: IdMaps | undefined;
  /** For each step of the runtime, without hooks of the config. */
  readonly stepTimeoutMs: number;
  createCgroup(): Cgroup;
  readonly hold: boolean;
  readonly onWarning: (text: string) => void;
}

const MAX_SETUP_TEXT = 8192;
const LAST_WORDS_MS = 500;
const KILLED: ExitStatus = { exitCode: 137, signal: 'SIGKILL' };
const SIGNALLED = 128;
/** A cgroup can be busy for a moment after its last process has ended. */
const CGROUP_RETRIES_MS = [1, 5, 20, 100, 500];
/** How often, and for how long, to look whether the runtime's last step has become the command. */
const EXEC_POLL_MS = 5;
const EXEC_POLLS = 400;

/**
 * Take a spawned container through its setup.
 *
 * @returns when it is complete: held, or with its command started.
 * @throws PluginError `ENGINE_FAILED` with what the runtime said; the container is gone then, its run folder removed.
 */
export async function superviseContainer(supervision: Supervision): Promise<RunningContainer> {
  const container = new RuntimeContainer(supervision);
  try {
    await container.setUp();
    if (!supervision.hold) {
      await container.release();
    }
    return container;
  } catch (error) {
    await container.cleanup();
    throw error;
  }
}

class RuntimeContainer implements RunningContainer {
  pid = 0;
  readonly bundle: string;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly started: Promise<void>;
  readonly exited: Promise<ExitStatus>;

  private readonly channel: Channel;
  private pipes: Pipes | undefined;
  private settleStarted!: { resolve(): void; reject(reason: unknown): void };
  private releasing: Promise<void> | undefined;
  private cgroup: Cgroup | undefined;
  private box = 0;
  /** What the container's first process runs before the command. */
  private runtimeProgram = '';
  private readonly figures = keepStats(
    () => (this.pid === 0 ? {} : { ...processStats(this.pid), ...this.cgroup?.stats() }),
    () => this.cgroup?.stats() ?? {},
  );
  private over = false;
  private killed = false;
  private running = false;
  private failure: PluginError | undefined;
  /** The signal whose default action we had to stand in for. */
  private endedBy: NodeJS.Signals | undefined;
  private waitingSignals: NodeJS.Signals[] = [];
  private delivered: Promise<void> = Promise.resolve();
  private setupText = '';
  private readonly setupTextEnded: Promise<unknown>;

  constructor(private readonly given: Supervision) {
    const { child, run, streams } = given;
    this.bundle = run.path;
    this.stdin = streams.stdin;
    this.stdout = streams.stdout;
    this.stderr = streams.stderr;
    this.channel = createChannel(child.stdio[3] as Duplex);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.setupText = (this.setupText + text).slice(0, MAX_SETUP_TEXT);
    });
    this.started = new Promise((resolve, reject) => {
      this.settleStarted = { resolve, reject };
    });
    this.setupTextEnded = new Promise((resolve) => {
      child.stderr?.once('close', resolve);
    });
    // Callers who only await release() must not be punished for it.
    this.started.catch(() => undefined);
    this.exited = this.untilOver();
  }

  async setUp(): Promise<void> {
    const { given } = this;
    this.box = Number((await this.channel.expect('pid')).slice('pid '.length));
    this.pipes = openPipes(given.run.path);
    if (this.failure !== undefined) {
      this.pipes.told.fail(this.failure);
    }
    if (given.idMaps !== undefined) {
      await writeIdMaps(this.box, given.idMaps);
      this.channel.send('mapped');
    }
    given.run.recordCgroups(cgroupFolders(given.id));
    this.cgroup = given.createCgroup();
    await this.told('created');
    const init = findInit(this.box);
    if (init === undefined) {
      throw new PluginError('ENGINE_FAILED', `Cannot start the container with ${given.name}: its process is not found`);
    }
    this.pid = init;
    this.runtimeProgram = programOf(init);
    this.cgroup.join(init);
    this.setOomScore();
    for (const stage of ['prestart', 'createRuntime'] as const) {
      await runHooks(stage, given.config.hooks?.[stage], this.state('creating'));
    }
  }

  release(): Promise<void> {
    this.releasing ??= this.letGo();
    return this.releasing;
  }

  private async letGo(): Promise<void> {
    try {
      this.pipes?.go();
      await this.told('started');
      this.running = true;
      for (const name of this.waitingSignals.splice(0)) {
        this.signal(name);
      }
      this.settleStarted.resolve();
    } catch (error) {
      if (!this.running) {
        this.settleStarted.reject(error);
        throw error;
      }
      // It has ended already, but was started, or was not to be executed: its exit code tells.
      this.settleStarted.resolve();
      return;
    }
    try {
      await runHooks('poststart', this.given.config.hooks?.poststart, this.state('running'));
    } catch (error) {
      // The specification wants a warning here, not an end.
      this.given.onWarning((error as Error).message);
    }
  }

  /** Wait for a hook of ours. Without an end to it, a runtime that hangs would make us hang. */
  private async told(word: 'created' | 'started'): Promise<void> {
    const { name, config, stepTimeoutMs } = this.given;
    const { createContainer = [], startContainer = [] } = (word === 'started' && config.hooks) || {};
    const hooksMs = [...createContainer, ...startContainer].reduce(
      (sum, { timeout = Number.POSITIVE_INFINITY }) => sum + timeout * 1000,
      0,
    );
    const ms = stepTimeoutMs + hooksMs;
    const late = () =>
      new PluginError('ENGINE_FAILED', `Cannot start the container with ${name}: it is not ${word} after ${ms} ms`);
    await within((this.pipes as Pipes).told.expect(word), ms, late);
  }

  signal(name: NodeJS.Signals): void {
    if (this.over) {
      return;
    }
    if (this.running) {
      // In their order, but nothing is to hold up the last one.
      const before = name === 'SIGKILL' ? Promise.resolve() : this.delivered;
      this.delivered = before.then(() => this.deliver(name));
    } else if (name === 'SIGKILL') {
      this.kill();
    } else {
      this.waitingSignals.push(name);
    }
  }

  private async deliver(name: NodeJS.Signals): Promise<void> {
    for (let poll = 0; poll < EXEC_POLLS && !this.over && programOf(this.pid) === this.runtimeProgram; poll += 1) {
      await sleep(EXEC_POLL_MS, undefined, { ref: false });
    }
    await untilUnblocked(this.pid, name);
    if (this.over) {
      return;
    }
    await withHandlersHeld(this.pid, name, () => {
      if (this.over) {
        return;
      }
      if (wouldBeLost(this.pid, name)) {
        this.endedBy ??= name;
        send(this.pid, 'SIGKILL');
      } else {
        send(this.pid, name);
      }
    });
  }

  kill(): void {
    if (!this.over) {
      this.killed = true;
      // The end of a pid namespace's first process is the end of all in it.
      send(this.box === 0 ? (this.given.child.pid as number) : this.box, 'SIGKILL');
    }
  }

  stats() {
    return this.figures.read();
  }

  async cleanup(): Promise<void> {
    this.kill();
    await this.exited;
  }

  private async untilOver(): Promise<ExitStatus> {
    const outermost = await new Promise<ExitStatus>((resolve) => {
      this.given.child.once('exit', (code, signal) => {
        this.over = true;
        this.figures.end();
        resolve(exitStatus(code, signal));
      });
    });
    // The failing tool's words may still be in the pipe.
    await Promise.race([this.setupTextEnded, sleep(LAST_WORDS_MS, undefined, { ref: false })]);
    this.given.terminal?.restore();
    const status = this.conclude(outermost);
    this.channel.fail(this.failure);
    this.pipes?.told.fail(this.failure);
    this.settleStarted.reject(this.failure);
    this.pipes?.close();
    await this.clearAway();
    if (this.running) {
      await runHooks('poststop', this.given.config.hooks?.poststop, this.state('stopped')).catch((error: Error) =>
        this.given.onWarning(error.message),
      );
    }
    return status;
  }

  /** How the container ended, from how the outermost process did and what the runtime said. */
  private conclude(outermost: ExitStatus): ExitStatus {
    const { name, run, config, logFile } = this.given;
    const words = runtimeWords(logFile, run.path);
    // Only KILL takes the first process, and unshare of util-linux 2.38 then fails on a signal mask and ends with 1.
    const killed = this.killed || this.setupText.includes('sigprocmask unblock failed');
    const how = outermost.signal === undefined ? `exit code ${outermost.exitCode}` : outermost.signal;
    const said = words === '' ? this.setupText : words;
    this.failure =
      killed || said.trim() === ''
        ? new PluginError(
            'ENGINE_FAILED',
            `Cannot start the container with ${name}: it ended before its command ran (${killed ? 'SIGKILL' : how})`,
          )
        : setupFailed(name, said, config);
    if (killed) {
      return KILLED;
    }
    const notExecuted = this.pid === 0 ? undefined : exitCodeOfWords(words);
    if (notExecuted !== undefined) {
      this.running = true;
      return { exitCode: notExecuted };
    }
    this.running ||= existsSync(join(run.path, STARTED));
    if (this.endedBy !== undefined && outermost.exitCode === KILLED.exitCode) {
      return { exitCode: SIGNALLED + constants.signals[this.endedBy], signal: this.endedBy };
    }
    return outermost;
  }

  private async clearAway(): Promise<void> {
    const { run, onWarning } = this.given;
    try {
      for (const pauseMs of CGROUP_RETRIES_MS) {
        if ((this.cgroup?.remove() ?? []).length === 0) {
          break;
        }
        await sleep(pauseMs);
      }
      const busy = this.cgroup?.remove() ?? [];
      if (busy.length > 0) {
        onWarning(`cgroups are left behind: ${busy.join(', ')}`);
      }
      run.remove();
    } catch (error) {
      onWarning(`the folder of the run is left behind: ${(error as Error).message}`);
    }
  }

  private setOomScore(): void {
    const score = this.given.config.process?.oomScoreAdj;
    if (score === undefined) {
      return;
    }
    try {
      writeFileSync(`/proc/${this.pid}/oom_score_adj`, `${score}`);
    } catch (error) {
      this.given.onWarning(`process.oomScoreAdj is not applied: ${(error as NodeJS.ErrnoException).code}`);
    }
  }

  private state(status: OciState['status']): OciState {
    return {
      ociVersion: this.given.config.ociVersion,
      id: this.given.id,
      status,
      ...(status === 'stopped' ? {} : { pid: this.pid }),
      bundle: this.bundle,
      annotations: this.given.config.annotations ?? {},
    };
  }
}

interface Pipes {
  /** What the hooks tell. */
  readonly told: Channel;
  /** Let the waiting hook end. */
  go(): void;
  close(): void;
}

// Opened for both directions, an end of a named pipe neither waits for the other nor sees it go.
function openPipes(folder: string): Pipes {
  const flags = fsConstants.O_RDWR | fsConstants.O_NONBLOCK;
  const socket = new Socket({ fd: openSync(join(folder, TOLD), flags), readable: true, writable: false });
  const go = openSync(join(folder, GO), flags);
  return {
    told: createChannel(socket),
    go: () => {
      writeSync(go, 'go\n');
    },
    close() {
      socket.destroy();
      closeSync(go);
    },
  };
}
