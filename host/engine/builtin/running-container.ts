/** The life of one container, from its first process to the last trace of it. */
import type { ChildProcess } from 'node:child_process';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Duplex, Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { escapeControls, PluginError, quote } from '../../errors/index.js';
import type { OciConfig } from '../../oci/index.js';
import type { Cgroup, OciState, RunDirectory, Terminal } from '../common/index.js';
import {
  cgroupFolders,
  childrenOf,
  createChannel,
  exitStatus,
  keepStats,
  processStats,
  runHooks,
  TOOLS_PATH,
  writeIdMaps,
} from '../common/index.js';
import type { ExitStatus, RunningContainer } from '../engine.js';
import type { Admitted } from './admit.js';
import { CWD_REFUSED, PIVOT, SCRIPT_NAME } from './box.js';

export interface Supervision {
  readonly id: string;
  readonly config: OciConfig;
  readonly admitted: Admitted;
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
  createCgroup(): Cgroup;
  readonly hold: boolean;
  readonly onWarning: (text: string) => void;
}

const MAX_SETUP_TEXT = 8192;
const LAST_WORDS_MS = 500;
const KILLED: ExitStatus = { exitCode: 137, signal: 'SIGKILL' };
/** A cgroup can be busy for a moment after its last process has ended. */
const CGROUP_RETRIES_MS = [1, 5, 20, 100, 500];

/**
 * Take a spawned container through its setup.
 *
 * @returns when it is complete: held, or with its command started.
 * @throws PluginError `ENGINE_FAILED` with what the failing tool said; the container is gone then, its run folder removed.
 */
export async function superviseContainer(supervision: Supervision): Promise<RunningContainer> {
  const container = new SupervisedContainer(supervision);
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

class SupervisedContainer implements RunningContainer {
  pid = 0;
  readonly bundle: string;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly started: Promise<void>;
  readonly exited: Promise<ExitStatus>;

  private readonly channel;
  private settleStarted!: { resolve(): void; reject(reason: unknown): void };
  private releasing: Promise<void> | undefined;
  private cgroup: Cgroup | undefined;
  private readonly figures = keepStats(
    () => (this.pid === 0 ? {} : { ...processStats(this.pid), ...this.cgroup?.stats() }),
    () => this.cgroup?.stats() ?? {},
  );
  private over = false;
  private killed = false;
  private running = false;
  private waitingSignals: NodeJS.Signals[] = [];
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
    const { channel, given } = this;
    this.pid = Number((await channel.expect('pid')).slice('pid '.length));
    if (given.admitted.idMaps !== undefined) {
      await writeIdMaps(this.pid, given.admitted.idMaps);
    }
    given.run.recordCgroups(cgroupFolders(given.id));
    this.cgroup = given.createCgroup();
    this.cgroup.join(this.pid);
    this.setOomScore();
    channel.send('limited');
    await channel.expect('held');
    await this.changeRoot();
    channel.send('turned');
    await channel.expect('ready');
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
      this.channel.send('go');
      await this.channel.expect('started');
      this.running = true;
      for (const name of this.waitingSignals.splice(0)) {
        this.signal(name);
      }
      this.settleStarted.resolve();
    } catch (error) {
      this.settleStarted.reject(error);
      throw error;
    }
    try {
      await runHooks('poststart', this.given.config.hooks?.poststart, this.state('running'));
    } catch (error) {
      // The specification wants a warning here, not an end.
      this.given.onWarning((error as Error).message);
    }
  }

  signal(name: NodeJS.Signals): void {
    if (this.over) {
      return;
    }
    if (!this.running) {
      if (name === 'SIGKILL') {
        this.kill();
      } else {
        this.waitingSignals.push(name);
      }
      return;
    }
    // The command is a child of the first process, or of what makes a terminal for it.
    const [child] = childrenOf(this.pid);
    const command = child === undefined || this.given.terminal === undefined ? child : childrenOf(child)[0];
    if (command !== undefined) {
      send(command, name);
    }
  }

  kill(): void {
    if (!this.over) {
      this.killed = true;
      // The end of a pid namespace's first process is the end of all in it.
      send(this.pid === 0 ? (this.given.child.pid as number) : this.pid, 'SIGKILL');
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
    const { child, run } = this.given;
    const status = await new Promise<ExitStatus>((resolve) => {
      child.once('exit', (code, signal) => {
        this.over = true;
        this.figures.end();
        resolve(exitStatus(code, signal));
      });
    }).then(async (outermost) => {
      // The failing tool's words may still be in the pipe.
      await Promise.race([this.setupTextEnded, sleep(LAST_WORDS_MS, undefined, { ref: false })]);
      // Only KILL takes a container's first process, and unshare of util-linux 2.38 then fails on a signal mask and ends with 1.
      return this.killed || this.setupText.includes('sigprocmask unblock failed') ? KILLED : outermost;
    });
    this.given.terminal?.restore();
    const failure = this.setupFailure(status);
    this.channel.fail(failure);
    this.settleStarted.reject(failure);
    try {
      await this.removeCgroup();
      run.remove();
    } catch (error) {
      this.given.onWarning(`the folder of the run is left behind: ${(error as Error).message}`);
    }
    if (this.running) {
      await runHooks('poststop', this.given.config.hooks?.poststop, this.state('stopped')).catch((error: Error) =>
        this.given.onWarning(error.message),
      );
    }
    return status;
  }

  private async removeCgroup(): Promise<void> {
    for (const pauseMs of CGROUP_RETRIES_MS) {
      if ((this.cgroup?.remove() ?? []).length === 0) {
        return;
      }
      await sleep(pauseMs);
    }
    this.given.onWarning(`cgroups are left behind: ${this.cgroup?.remove().join(', ')}`);
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

  private async changeRoot(): Promise<void> {
    const enterUser = this.given.admitted.namespaces.has('user') ? ['--user', '--preserve-credentials'] : [];
    const root = `${this.given.run.path}/root`;
    try {
      await promisify(execFile)('/bin/sh', ['-c', PIVOT, SCRIPT_NAME, `${this.pid}`, root, ...enterUser], {
        cwd: '/',
        env: { PATH: TOOLS_PATH, LC_ALL: 'C' },
      });
    } catch (cause) {
      throw this.setupFailed((cause as { stderr?: string }).stderr ?? '', cause);
    }
  }

  private setupFailure(status: ExitStatus): PluginError {
    if (status === KILLED || this.setupText.trim() === '') {
      const how = status.signal === undefined ? `exit code ${status.exitCode}` : status.signal;
      return new PluginError('ENGINE_FAILED', `Cannot start the container: it ended before its command ran (${how})`);
    }
    return this.setupFailed(this.setupText);
  }

  private setupFailed(said: string, cause?: unknown): PluginError {
    const { admitted, run } = this.given;
    if (said.startsWith(CWD_REFUSED)) {
      const why = said.slice(CWD_REFUSED.length).trim();
      return new PluginError(
        'ENGINE_FAILED',
        `Cannot start the container: its working directory ${quote(admitted.cwd)} cannot be used: ${why}`,
        { cause, hint: 'Choose a folder that the image has.' },
      );
    }
    // The folder where the container is put together means nothing to the reader, and is gone when it is read.
    return toolFailed(said.replaceAll(`${run.path}/root`, ''), cause);
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

function toolFailed(said: string, cause?: unknown): PluginError {
  const lines = said.trim().split('\n').filter(Boolean).map(escapeControls);
  const denied = /unshare(?: failed|:).*(?:Operation not permitted|No space left)/.test(said);
  const mount = /^mount: (\/.*?): /m.exec(said)?.[1];
  return new PluginError('ENGINE_FAILED', `Cannot start the container: ${lines.join('; ')}`, {
    cause,
    ...(mount === undefined ? {} : { details: { mount } }),
    hint: denied ? 'Allow user namespaces (sysctl user.max_user_namespaces, AppArmor), or run it as root.' : undefined,
  });
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, constants.signals[name]);
  } catch {
    // It has ended meanwhile; its exit is on the way.
  }
}
