/** The steps of a container that an OCI runtime makes: hooks of ours tell how far it is, and hold it (box.ts). */
import { closeSync, existsSync, constants as fsConstants, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { PluginError } from '../../errors/index.js';
import type { Channel, Conclusion, ContainerEnd, ContainerSteps, IdMaps, Life, Supervision } from '../common/index.js';
import {
  createChannel,
  endedBeforeCommand,
  endedBy,
  KILLED,
  sendSignal,
  within,
  writeIdMaps,
} from '../common/index.js';
import { GO, STARTED, TOLD } from './box.js';
import { exitCodeOfWords, runtimeWords, setupFailed } from './failure.js';
import { findInit, programOf, untilUnblocked, withHandlersHeld, wouldBeLost } from './init-process.js';

/** What an engine over a runtime knows besides. */
export interface RuntimeSetting {
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

export function runtimeSteps(given: Supervision, own: RuntimeSetting, life: Life): ContainerSteps {
  return new RuntimeSteps(given, own, life);
}

class RuntimeSteps implements ContainerSteps {
  private readonly channel: Channel;
  private pipes: Pipes | undefined;
  private failure: PluginError | undefined;
  /** What the container's first process runs before the command. */
  private runtimeProgram = '';
  private delivered: Promise<void> = Promise.resolve();
  /** The signal whose default action we had to stand in for. */
  private endedBy: NodeJS.Signals | undefined;

  constructor(
    private readonly given: Supervision,
    private readonly own: RuntimeSetting,
    private readonly life: Life,
  ) {
    this.channel = createChannel(given.child.stdio[3] as Duplex);
  }

  async setUp(): Promise<void> {
    const { given, own, life } = this;
    life.outermost = Number((await this.channel.expect('pid')).slice('pid '.length));
    this.pipes = openPipes(given.run.path);
    if (this.failure !== undefined) {
      this.fail(this.failure);
    }
    if (own.idMaps !== undefined) {
      await writeIdMaps(life.outermost, own.idMaps);
      this.channel.send('mapped');
    }
    await this.told('created');
    const init = findInit(life.outermost);
    if (init === undefined) {
      throw new PluginError('ENGINE_FAILED', `Cannot start the container with ${own.name}: its process is not found`);
    }
    life.pid = init;
    this.runtimeProgram = programOf(init);
    life.limit();
  }

  async start(): Promise<void> {
    this.pipes?.go();
    await this.told('started');
  }

  /** Wait for a hook of ours. Without an end to it, a runtime that hangs would make us hang. */
  private async told(word: 'created' | 'started'): Promise<void> {
    const { name, stepTimeoutMs } = this.own;
    const { createContainer = [], startContainer = [] } = (word === 'started' && this.given.config.hooks) || {};
    const hooksMs = [...createContainer, ...startContainer].reduce(
      (sum, { timeout = Number.POSITIVE_INFINITY }) => sum + timeout * 1000,
      0,
    );
    const ms = stepTimeoutMs + hooksMs;
    const late = () =>
      new PluginError('ENGINE_FAILED', `Cannot start the container with ${name}: it is not ${word} after ${ms} ms`);
    await within((this.pipes as Pipes).told.expect(word), ms, late);
  }

  deliver(name: NodeJS.Signals): void {
    // In their order, but nothing is to hold up the last one.
    const before = name === 'SIGKILL' ? Promise.resolve() : this.delivered;
    this.delivered = before.then(() => this.deliverNow(name));
  }

  private async deliverNow(name: NodeJS.Signals): Promise<void> {
    const { life } = this;
    for (let poll = 0; poll < EXEC_POLLS && !life.over && programOf(life.pid) === this.runtimeProgram; poll += 1) {
      await sleep(EXEC_POLL_MS, undefined, { ref: false });
    }
    await untilUnblocked(life.pid, name);
    if (life.over) {
      return;
    }
    await withHandlersHeld(life.pid, name, () => {
      if (life.over) {
        return;
      }
      if (wouldBeLost(life.pid, name)) {
        this.endedBy ??= name;
        sendSignal(life.pid, 'SIGKILL');
      } else {
        sendSignal(life.pid, name);
      }
    });
  }

  conclude({ status, killed, said }: ContainerEnd): Conclusion {
    const { name, logFile } = this.own;
    const { run, config } = this.given;
    const words = runtimeWords(logFile, run.path);
    const why = words === '' ? said : words;
    const failure = killed || why.trim() === '' ? endedBeforeCommand(status, name) : setupFailed(name, why, config);
    if (killed) {
      return { status, failure };
    }
    const notExecuted = this.life.pid === 0 ? undefined : exitCodeOfWords(words);
    if (notExecuted !== undefined) {
      return { status: { exitCode: notExecuted }, failure, hasRun: true };
    }
    const hasRun = existsSync(join(run.path, STARTED));
    const stoodIn = this.endedBy !== undefined && status.exitCode === KILLED.exitCode;
    return { status: stoodIn ? endedBy(this.endedBy as NodeJS.Signals) : status, failure, hasRun };
  }

  fail(reason: PluginError): void {
    this.failure = reason;
    this.channel.fail(reason);
    this.pipes?.told.fail(reason);
    this.pipes?.close();
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
