/**
 * The process that a detached container lives and dies with. It does what `run` does, with other ends: what it has to say goes to
 * whoever waits (detach.ts) until the container runs, then to the container's log, and the exit code into its record.
 */
import { closeSync, writeSync } from 'node:fs';
import type { Instance } from '../../engine/index.js';
import {
  findInstance,
  identityOf,
  openLogWriter,
  ourselves,
  removeInstance,
  statusOf,
  updateInstance,
} from '../../engine/index.js';
import { quote } from '../../errors/index.js';
import { runCommandLine } from '../command-line.js';
import { ALL_COMMANDS } from '../commands/load.js';
import { EXIT_RUN_FAILED, EXIT_USAGE } from '../exit-code.js';
import type { CliIo, CliOutput } from '../io.js';
import type { SupervisorMessage } from './detach.js';
import { CHANNEL_FD, instanceBase } from './detach.js';

/**
 * @param words - the id, whose record `detach` has made, and the command line as it was typed.
 * @returns the container's exit code, or that of a run that failed.
 */
export async function supervise([id = '', ...argv]: readonly string[], io: CliIo): Promise<number> {
  const found = findInstance(instanceBase(io), id);
  if (found === undefined || statusOf(found.record) !== 'starting') {
    io.stderr.write(`ERROR:   No container ${quote(id)} waits for a supervisor: "run --detach" starts it\n`);
    return EXIT_USAGE;
  }
  let instance: Instance = updateInstance(found, { supervisor: ourselves() });
  const log = openLogWriter(instance.folder);
  const channel = openChannel();
  let running = false;
  const own: CliOutput = {
    isTty: false,
    columns: 80,
    write(chunk) {
      if (running) log.write(chunk);
      else channel.say({ text: Buffer.from(chunk as string).toString() });
    },
  };
  const exitCode = await runCommandLine(
    argv,
    {
      ...io,
      stdout: own,
      stderr: own,
      inheritsStdio: false,
      supervised: {
        id,
        output: log,
        started({ pid, ...facts }) {
          instance = updateInstance(instance, { ...facts, init: identityOf(pid) });
          running = true;
          // From now on a signal is for the container; what comes when it has ended already must not cost its exit code.
          io.onSignal(() => undefined);
          // Nobody shall be kept from unmounting the folder that this was typed in.
          process.chdir('/');
          channel.say({ started: true });
          channel.close();
        },
      },
    },
    ALL_COMMANDS,
  );
  if (running) {
    updateInstance(instance, { exit: { code: exitCode, at: Date.now() } });
  } else {
    // Before it is told: whoever hears of it may try again at once.
    removeInstance(instance);
    channel.say({ failed: exitCode === 0 ? EXIT_RUN_FAILED : exitCode });
    channel.close();
  }
  log.close();
  return exitCode;
}

const RETRY_MS = 2;

/** Whoever waits may be gone, which does not stop the container. */
function openChannel() {
  let open = true;
  const write = (bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.byteLength; ) {
      try {
        done += writeSync(CHANNEL_FD, bytes, done);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
          open = false;
          return;
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      }
    }
  };
  return {
    say(message: SupervisorMessage): void {
      if (open) write(Buffer.from(`${JSON.stringify(message)}\n`));
    },
    close(): void {
      open = false;
      try {
        closeSync(CHANNEL_FD);
      } catch {
        // It never was one.
      }
    },
  };
}
