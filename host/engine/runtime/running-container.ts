/** The life of one container of an OCI runtime, from its first process to the last trace of it. */
import { closeSync, existsSync, constants as fsConstants, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex, Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { PluginError } from '../../errors/index.js';
import type { Cgroup, Channel, IdMaps, SetupWords, Supervision } from '../common/index.js';
import {
  cgroupFolders,
  clearAway,
  collectSetupWords,
  createChannel,
  endedBy,
  exitStatus,
  KILLED,
  keepStats,
  processStats,
  runHooks,
  sendSignal,
  setOomScore,
  stateOf,
  streamsOf,
  tellsOfKill,
  within,
  writeIdMaps,
} from '../common/index.js';
import type { ExitStatus, RunningContainer } from '../engine.js';
import { GO, STARTED, TOLD } from './box.js';
import { exitCodeOfWords, runtimeWords, setupFailed } from './failure.js';
import { findInit, programOf, untilUnblocked, withHandlersHeld, wouldBeLost } from './init-process.js';

/** With what an engine over a runtime knows besides. */
export interface RuntimeSupervision extends Supervision {
  /** Of the engine, for messages. */
  readonly name: string;
  /** File that the runtime logs to. */
  readonly logFile: string;
  /** Ids that the box waits for. */
  readonly idMaps: IdMaps | undefined;
  /** For each step of the runtime, without hooks of the config. */
  readonly stepTimeoutMs: number;
}

/** How often, and for how long, to look whether the runtime's last step has become the command. */
const EXEC_POLL_MS = 5;
const EXEC_POLLS = 400;

/**
 * Take a spawned container through its setup.
 *
 * @returns when it is complete: held, or with its command started.
 * @throws PluginError `ENGINE_FAILED` with what the runtime said; the container is gone then, its run folder removed.
 */
export async function superviseContainer(supervision: RuntimeSupervision): Promise<RunningContainer> {
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
  private readonly words: SetupWords;

  constructor(private readonly given: RuntimeSupervision) {
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
    setOomScore(this.pid, given.config, given.onWarning);
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
      await runHooks('poststart', this.given.config.hooks?.poststart, stateOf(this.given, 'running', this.pid));
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
        sendSignal(this.pid, 'SIGKILL');
      } else {
        sendSignal(this.pid, name);
      }
    });
  }

  kill(): void {
    if (!this.over) {
      this.killed = true;
      // The end of a pid namespace's first process is the end of all in it.
      sendSignal(this.box === 0 ? (this.given.child.pid as number) : this.box, 'SIGKILL');
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
    const status = this.conclude(outermost);
    this.channel.fail(this.failure);
    this.pipes?.told.fail(this.failure);
    this.settleStarted.reject(this.failure);
    this.pipes?.close();
    await clearAway(this.given.run, this.cgroup, this.given.onWarning);
    if (this.running) {
      await runHooks('poststop', this.given.config.hooks?.poststop, stateOf(this.given, 'stopped', this.pid)).catch(
        (error: Error) => this.given.onWarning(error.message),
      );
    }
    return status;
  }

  /** How the container ended, from how the outermost process did and what the runtime said. */
  private conclude(outermost: ExitStatus): ExitStatus {
    const { name, run, config, logFile } = this.given;
    const words = runtimeWords(logFile, run.path);
    const killed = this.killed || tellsOfKill(this.words.text());
    const how = outermost.signal === undefined ? `exit code ${outermost.exitCode}` : outermost.signal;
    const said = words === '' ? this.words.text() : words;
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
      return endedBy(this.endedBy);
    }
    return outermost;
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
