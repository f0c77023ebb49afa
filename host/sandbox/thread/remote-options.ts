import type { Capability, LinkOptions } from '../options.js';
import type { Channel } from './channel.js';
import { Mailbox } from './mailbox.js';
import { ownCopy, type Payload, type ThreadData } from './messages.js';

/** Lines, and characters in them, that may be under way: a guest must not fill its owner's memory while that is busy. */
const UNSEEN_LINES = 64;
const UNSEEN_CHARS = 64 * 1024;

/** The options of an instance in a thread: everything that is no plain value is asked of the owner. */
export function remoteOptions({ limits, shared, capabilities, wasi }: ThreadData, channel: Channel): LinkOptions {
  const mailbox = new Mailbox(shared);
  const offered = new Set(capabilities);
  return {
    limits,
    capabilities: {
      get: (name, importedAs) => (offered.has(name) ? remoteCapability(name, importedAs, channel, mailbox) : undefined),
    },
    missing: (name) => channel.ask('missing', name),
    lastWords: () => channel.ask('lastWords', undefined),
    wasi: {
      ...wasi,
      onLine: remoteLines(channel),
      wallClock: () => channel.ask('wallClock', undefined),
      monotonicNow: () => channel.ask('monotonicNow', undefined),
      random: (length) => channel.ask('random', length),
    },
  };
}

function remoteCapability(name: string, importedAs: string, channel: Channel, mailbox: Mailbox): Capability {
  const ask: Capability = (bytes) => {
    const place = mailbox.put(bytes);
    const copy = place === undefined ? ownCopy(bytes) : undefined;
    const request = (place ?? copy) as Payload;
    const { ok, payload } = channel.ask('capability', { name, importedAs, request }, copy);
    return { ok, payload: ArrayBuffer.isView(payload) ? payload : mailbox.view(payload) };
  };
  return Object.assign(ask, { borrows: true });
}

/** Sends lines without waiting, in order with everything else, until too many may be under way. */
function remoteLines(channel: Channel): LinkOptions['wasi']['onLine'] {
  let lines = 0;
  let chars = 0;
  return (stream, text) => {
    channel.send({ kind: 'line', stream, text });
    lines++;
    chars += text.length;
    if (lines >= UNSEEN_LINES || chars >= UNSEEN_CHARS) {
      channel.ask('caughtUp', undefined);
      lines = 0;
      chars = 0;
    }
  };
}
