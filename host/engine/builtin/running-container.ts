/** The life of one container, from its first process to the last trace of it. */
import { execFile } from 'node:child_process';
import type { Duplex, Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { escapeControls, PluginError, quote } from '../../errors/index.js';
import type { Cgroup, SetupWords, Supervision } from '../common/index.js';
import {
  cgroupFolders,
  childrenOf,
  clearAway,
  collectSetupWords,
  createChannel,
  exitStatus,
  KILLED,
  keepStats,
  processStats,
  runHooks,
  sendSignal,
  setOomScore,
  setupHint,
  stateOf,
  streamsOf,
  TOOLS_PATH,
  tellsOfKill,
  writeIdMaps,
} from '../common/index.js';
import type { ExitStatus, RunningContainer } from '../engine.js';
import type { Admitted } from './admit.js';
import { CWD_REFUSED, PIVOT, SCRIPT_NAME } from './box.js';

/** With what the builtin engine knows besides. */
export interface BuiltinSupervision extends Supervision {
  readonly admitted: Admitted;
}

/**
 * Take a spawned container through its setup.
 *
 * @returns when it is complete: held, or with its command started.
 * @throws PluginError `ENGINE_FAILED` with what the failing tool said; the container is gone then, its run folder removed.
 */
export async function superviseContainer(supervision: BuiltinSupervision): Promise<RunningContainer> {
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
  private readonly words: SetupWords;

  constructor(private readonly given: BuiltinSupervision) {
    const { child, run } = given;
    const { stdin, stdout, stderr } = streamsOf(child);
    this.bundle = run.path;
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = stderr;
    this.channel = createChannel(child.stdio[3] as Duplex);
    this.words = collectSetupWords(child);
    this.started = new Promise((resolve, reject) => {
      this.settleStarted = { resolve, reject };
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
    setOomScore(this.pid, given.config, given.onWarning);
    channel.send('limited');
    await channel.expect('held');
    await this.changeRoot();
    channel.send('turned');
    await channel.expect('ready');
    for (const stage of ['prestart', 'createRuntime'] as const) {
      await runHooks(stage, given.config.hooks?.[stage], stateOf(this.given, 'creating', this.pid));
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
      await runHooks('poststart', this.given.config.hooks?.poststart, stateOf(this.given, 'running', this.pid));
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
      sendSignal(command, name);
    }
  }

  kill(): void {
    if (!this.over) {
      this.killed = true;
      // The end of a pid namespace's first process is the end of all in it.
      sendSignal(this.pid === 0 ? (this.given.child.pid as number) : this.pid, 'SIGKILL');
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
      await this.words.complete();
      return this.killed || tellsOfKill(this.words.text()) ? KILLED : outermost;
    });
    this.given.terminal?.restore();
    const failure = this.setupFailure(status);
    this.channel.fail(failure);
    this.settleStarted.reject(failure);
    await clearAway(run, this.cgroup, this.given.onWarning);
    if (this.running) {
      await runHooks('poststop', this.given.config.hooks?.poststop, stateOf(this.given, 'stopped', this.pid)).catch(
        (error: Error) => this.given.onWarning(error.message),
      );
    }
    return status;
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
    if (status === KILLED || this.words.text().trim() === '') {
      const how = status.signal === undefined ? `exit code ${status.exitCode}` : status.signal;
      return new PluginError('ENGINE_FAILED', `Cannot start the container: it ended before its command ran (${how})`);
    }
    return this.setupFailed(this.words.text());
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
}

function toolFailed(said: string, cause?: unknown): PluginError {
  const lines = said.trim().split('\n').filter(Boolean).map(escapeControls);
  const mount = /^mount: (\/.*?): /m.exec(said)?.[1];
  return new PluginError('ENGINE_FAILED', `Cannot start the container: ${lines.join('; ')}`, {
    cause,
    ...(mount === undefined ? {} : { details: { mount } }),
    hint: setupHint(said),
  });
}
