/** The life of one container, from its first process to the last trace of it: what is the same on every engine. */
import type { ChildProcess } from 'node:child_process';
import type { Duplex, Readable, Writable } from 'node:stream';
import type { PluginError } from '../../errors/index.js';
import type { OciConfig } from '../../oci/index.js';
import type { ExitStatus, RunningContainer } from '../engine.js';
import { type Cgroup, cgroupFolders, createCgroup } from './cgroup.js';
import { clearAway } from './clear-away.js';
import { exitStatus, KILLED } from './exit-status.js';
import { keepStats } from './kept-stats.js';
import { type OciState, runHooks } from './oci-hooks.js';
import { setOomScore } from './oom-score.js';
import { processStats } from './process-stats.js';
import type { RunDirectory } from './run-directory.js';
import { sendSignal } from './send-signal.js';
import { collectSetupWords, type SetupWords, tellsOfKill } from './setup-words.js';
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
  readonly hold: boolean;
  readonly onWarning: (text: string) => void;
}

/** What is known of a container so far. Its engine writes the pids, and reads the rest. */
export interface Life {
  /** The first process of all, whose end is the end of the others; 0 until it is known. */
  outermost: number;
  /** The first process of the container, as the host counts; 0 until it is known. */
  pid: number;
  /** All of it has ended. */
  readonly over: boolean;
  /** Put the container's first process under its limits. */
  limit(): void;
}

/** How an engine makes a container, starts its command, and understands its end. */
export interface ContainerSteps {
  /** All that comes before the command, without hooks of the config. Fails with what {@link fail} is given. */
  setUp(): Promise<void>;
  /** Let the command begin; settles when it did. Fails with what {@link fail} is given. */
  start(): Promise<void>;
  /** Send a signal to the command, which runs. */
  deliver(name: NodeJS.Signals): void;
  /** @param end - of the outermost process, and what was said by whoever set the container up. */
  conclude(end: ContainerEnd): Conclusion;
  /** Whatever is waited for will not come. */
  fail(reason: PluginError): void;
}

export interface ContainerEnd {
  readonly status: ExitStatus;
  /** Somebody killed it from outside. Its status is that of SIGKILL then. */
  readonly killed: boolean;
  readonly said: string;
}

export interface Conclusion {
  readonly status: ExitStatus;
  /** Why the command did not start, for those who still wait for that. */
  readonly failure: PluginError;
  /** The command did start, although nobody was told. */
  readonly hasRun?: boolean;
}

/**
 * Take a spawned container through its setup.
 *
 * @returns when it is complete: held, or with its command started.
 * @throws PluginError `ENGINE_FAILED` with what the failing tool said; the container is gone then, its run folder removed.
 */
export async function superviseContainer(
  supervision: Supervision,
  makeSteps: (life: Life) => ContainerSteps,
): Promise<RunningContainer> {
  const container = new SupervisedContainer(supervision, makeSteps);
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

class SupervisedContainer implements RunningContainer, Life {
  outermost = 0;
  pid = 0;
  over = false;
  readonly bundle: string;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly started: Promise<void>;
  readonly exited: Promise<ExitStatus>;

  private readonly steps: ContainerSteps;
  private settleStarted!: { resolve(): void; reject(reason: unknown): void };
  private releasing: Promise<void> | undefined;
  private cgroup: Cgroup | undefined;
  private readonly figures = keepStats(
    () => (this.pid === 0 ? {} : { ...processStats(this.pid), ...this.cgroup?.stats() }),
    () => this.cgroup?.stats() ?? {},
  );
  private killed = false;
  private running = false;
  private waitingSignals: NodeJS.Signals[] = [];
  private readonly words: SetupWords;

  constructor(
    private readonly given: Supervision,
    makeSteps: (life: Life) => ContainerSteps,
  ) {
    const { child, run } = given;
    this.bundle = run.path;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = (child.stdio[4] as Duplex | null | undefined) ?? null;
    this.steps = makeSteps(this);
    this.words = collectSetupWords(child);
    this.started = new Promise((resolve, reject) => {
      this.settleStarted = { resolve, reject };
    });
    // Callers who only await release() must not be punished for it.
    this.started.catch(() => undefined);
    this.exited = this.untilOver();
  }

  async setUp(): Promise<void> {
    await this.steps.setUp();
    await this.runHooks('prestart', 'creating');
    await this.runHooks('createRuntime', 'creating');
  }

  limit(): void {
    const { id, run, config, onWarning } = this.given;
    run.recordCgroups(cgroupFolders(id));
    this.cgroup = createCgroup(id, config.linux?.resources ?? {}, onWarning);
    this.cgroup.join(this.pid);
    setOomScore(this.pid, config, onWarning);
  }

  release(): Promise<void> {
    this.releasing ??= this.letGo();
    return this.releasing;
  }

  private async letGo(): Promise<void> {
    try {
      await this.steps.start();
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
    // The specification wants a warning here, not an end.
    await this.runHooks('poststart', 'running').catch((error: Error) => this.given.onWarning(error.message));
  }

  signal(name: NodeJS.Signals): void {
    if (this.over) {
      return;
    }
    if (this.running) {
      this.steps.deliver(name);
    } else if (name === 'SIGKILL') {
      this.kill();
    } else {
      this.waitingSignals.push(name);
    }
  }

  kill(): void {
    if (!this.over) {
      this.killed = true;
      // The end of a pid namespace's first process is the end of all in it.
      sendSignal(this.outermost === 0 ? (this.given.child.pid as number) : this.outermost, 'SIGKILL');
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
    await this.words.complete();
    this.given.terminal?.restore();
    const said = this.words.text();
    const killed = this.killed || tellsOfKill(said);
    const { status, failure, hasRun } = this.steps.conclude({ status: killed ? KILLED : outermost, killed, said });
    this.running ||= hasRun ?? false;
    this.steps.fail(failure);
    this.settleStarted.reject(failure);
    await clearAway(this.given.run, this.cgroup, this.given.onWarning);
    if (this.running) {
      await this.runHooks('poststop', 'stopped').catch((error: Error) => this.given.onWarning(error.message));
    }
    return status;
  }

  private async runHooks(stage: keyof NonNullable<OciConfig['hooks']>, status: OciState['status']): Promise<void> {
    const { id, config, run } = this.given;
    await runHooks(stage, config.hooks?.[stage], {
      ociVersion: config.ociVersion,
      id,
      status,
      ...(status === 'stopped' ? {} : { pid: this.pid }),
      bundle: run.path,
      annotations: config.annotations ?? {},
    });
  }
}
