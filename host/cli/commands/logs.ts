import { setTimeout as sleep } from 'node:timers/promises';
import type { LogReader } from '../../engine/index.js';
import { findInstance, isLive, openLogReader } from '../../engine/index.js';
import { quote } from '../../errors/index.js';
import { instanceBase } from '../container/detach.js';
import type { RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { failed } from '../failure.js';
import type { CliIo } from '../io.js';
import { printable } from './command-call.js';
import { instanceNamed } from './instance-named.js';

const LOOK_EVERY_MS = 100;

/** `logs`: the bytes as they came, but a terminal gets no control characters that the container chose. */
export const run: RunCommand = async ({ io }, { args, options }) => {
  const name = args[0]!;
  const { folder, record } = instanceNamed(io, name);
  try {
    const log = openLogReader(folder);
    const print = printer(io);
    const goesOn = () => {
      const now = findInstance(instanceBase(io), name)?.record;
      return options.has('follow') && now?.createdAt === record.createdAt && isLive(now);
    };
    // Asked first: what it wrote last must be printed, too.
    for (let more = goesOn(); ; more = goesOn()) {
      printAll(log, print);
      if (!more) break;
      await sleep(LOOK_EVERY_MS);
    }
    log.close();
    return EXIT_OK;
  } catch (error) {
    throw failed(`Failed to read the log of ${quote(name)}`, error);
  }
};

function printAll(log: LogReader, print: (bytes: Uint8Array) => void): void {
  for (let bytes = log.read(); bytes !== undefined; bytes = log.read()) print(bytes);
}

function printer({ stdout }: CliIo): (bytes: Uint8Array) => void {
  if (!stdout.isTty) return (bytes) => stdout.write(bytes);
  const decoder = new TextDecoder();
  return (bytes) => stdout.write(printable(decoder.decode(bytes, { stream: true })));
}
