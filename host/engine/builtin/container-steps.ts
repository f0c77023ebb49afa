/** The steps of a container that is made of namespaces alone: our scripts in its first process (box.ts), and what they ask for. */
import { execFile } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { PluginError, quote } from '../../errors/index.js';
import type { Channel, Conclusion, ContainerEnd, ContainerSteps, Life, Supervision } from '../common/index.js';
import {
  childrenOf,
  createChannel,
  endedBeforeCommand,
  firstWords,
  sendSignal,
  setupHint,
  TOOLS_PATH,
  writeIdMaps,
} from '../common/index.js';
import type { Admitted } from './admit.js';
import { CWD_REFUSED, PIVOT, SCRIPT_NAME } from './box.js';

export function builtinSteps(given: Supervision, admitted: Admitted, life: Life): ContainerSteps {
  return new BuiltinSteps(given, admitted, life);
}

class BuiltinSteps implements ContainerSteps {
  private readonly channel: Channel;

  constructor(
    private readonly given: Supervision,
    private readonly admitted: Admitted,
    private readonly life: Life,
  ) {
    this.channel = createChannel(given.child.stdio[3] as Duplex);
  }

  async setUp(): Promise<void> {
    const { channel, admitted, life } = this;
    life.pid = Number((await channel.expect('pid')).slice('pid '.length));
    life.outermost = life.pid;
    if (admitted.idMaps !== undefined) {
      await writeIdMaps(life.pid, admitted.idMaps);
    }
    life.limit();
    channel.send('limited');
    await channel.expect('held');
    await this.changeRoot();
    channel.send('turned');
    await channel.expect('ready');
  }

  async start(): Promise<void> {
    this.channel.send('go');
    await this.channel.expect('started');
  }

  deliver(name: NodeJS.Signals): void {
    // The command is a child of the first process, or of what makes a terminal for it.
    const [child] = childrenOf(this.life.pid);
    const command = child === undefined || this.given.terminal === undefined ? child : childrenOf(child)[0];
    if (command !== undefined) {
      sendSignal(command, name);
    }
  }

  conclude({ status, killed, said }: ContainerEnd): Conclusion {
    const failure = killed || said.trim() === '' ? endedBeforeCommand(status) : this.setupFailed(said);
    return { status, failure };
  }

  fail(reason: PluginError): void {
    this.channel.fail(reason);
  }

  private async changeRoot(): Promise<void> {
    const enterUser = this.admitted.namespaces.has('user') ? ['--user', '--preserve-credentials'] : [];
    const root = `${this.given.run.path}/root`;
    try {
      await promisify(execFile)('/bin/sh', ['-c', PIVOT, SCRIPT_NAME, `${this.life.pid}`, root, ...enterUser], {
        cwd: '/',
        env: { PATH: TOOLS_PATH, LC_ALL: 'C' },
      });
    } catch (cause) {
      throw this.setupFailed((cause as { stderr?: string }).stderr ?? '', cause);
    }
  }

  private setupFailed(said: string, cause?: unknown): PluginError {
    const { admitted, given } = this;
    if (said.startsWith(CWD_REFUSED)) {
      const why = said.slice(CWD_REFUSED.length).trim();
      return new PluginError(
        'ENGINE_FAILED',
        `Cannot start the container: its working directory ${quote(admitted.cwd)} cannot be used: ${why}`,
        { cause, hint: 'Choose a folder that the image has.' },
      );
    }
    // The folder where the container is put together means nothing to the reader, and is gone when it is read.
    return toolFailed(said.replaceAll(`${given.run.path}/root`, ''), cause);
  }
}

function toolFailed(said: string, cause?: unknown): PluginError {
  const mount = /^mount: (\/.*?): /m.exec(said)?.[1];
  return new PluginError('ENGINE_FAILED', `Cannot start the container: ${firstWords(said)}`, {
    cause,
    ...(mount === undefined ? {} : { details: { mount } }),
    hint: setupHint(said),
  });
}
