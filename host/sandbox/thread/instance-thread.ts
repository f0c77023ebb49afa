import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { LinkParts } from '../instantiate.js';
import type { InstanceOptions } from '../options.js';
import { workerUrl } from '../worker-url.js';
import { messageOf } from './error-message.js';
import { Mailbox } from './mailbox.js';
import type { FromThread, ThreadData, ToThread } from './messages.js';
import { resourceLimits } from './resource-limits.js';

/** Who owns the thread, and is told what comes from it. */
export interface ThreadOwner {
  received(message: FromThread): void;
  /** The thread is gone, or is of no more use, and nobody asked for that. */
  failed(why: string, cause: unknown): void;
}

/**
 * The owner's side of the line to a plugin's thread, and the thread itself.
 *
 * It keeps no process alive: whoever waits for an answer has a timer running that does.
 */
export class InstanceThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #wake = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #owner: ThreadOwner;
  readonly mailbox = new Mailbox();
  #ended: Promise<void> | undefined;

  /** @throws whatever Node does that cannot start a thread, or clone what it starts with. */
  constructor(parts: LinkParts, options: InstanceOptions, stackBytes: number, owner: ThreadOwner) {
    const { port1, port2 } = new MessageChannel();
    this.#owner = owner;
    this.#port = port1;
    this.#worker = new Worker(workerUrl('instance'), {
      name: 'wasm-plugin instance',
      workerData: threadData(port2, this.#wake, this.mailbox.shared, parts, options),
      transferList: [port2],
      resourceLimits: resourceLimits(stackBytes),
      // Nothing of this process: flags for its debugger or loader would break the thread, and its environment is no plugin's business.
      argv: [],
      execArgv: [],
      env: {},
      stdin: false,
      stdout: true,
      stderr: true,
    });
    port1.on('message', (message: FromThread) => this.#received(message));
    port1.on('messageerror', (cause) => this.#failed('sent what cannot be read', cause));
    this.#worker.on('error', (cause) => this.#failed(`failed, ${messageOf(cause)}`, cause));
    this.#worker.on('exit', (code) => this.#failed(`ended by itself with code ${code}`, undefined));
    port1.unref();
    this.#worker.unref();
  }

  send(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
    Atomics.add(this.#wake, 0, 1);
    Atomics.notify(this.#wake, 0);
  }

  /** Hand out what has arrived, before the event loop gets to it. */
  catchUp(): void {
    while (this.#ended === undefined) {
      const received: { readonly message: FromThread } | undefined = receiveMessageOnPort(this.#port);
      if (received === undefined) {
        return;
      }
      this.#received(received.message);
    }
  }

  /** End the thread, whatever it does. The owner is told nothing from here on. Settles when it is gone. */
  end(): Promise<void> {
    if (this.#ended === undefined) {
      this.#port.close();
      this.#ended = this.#worker.terminate().then(() => {});
    }
    return this.#ended;
  }

  #received(message: FromThread): void {
    if (this.#ended === undefined) {
      this.#owner.received(message);
    }
  }

  #failed(why: string, cause: unknown): void {
    // What it said before may tell more, and may even be the answer.
    this.catchUp();
    if (this.#ended === undefined) {
      this.#owner.failed(why, cause);
    }
  }
}

function threadData(
  port: MessagePort,
  wake: Int32Array,
  shared: SharedArrayBuffer,
  parts: LinkParts,
  options: InstanceOptions,
): ThreadData {
  const { env, args, maxHandles, maxLineBytes } = options.wasi;
  return {
    port,
    wake,
    shared,
    parts,
    limits: { ...options.limits },
    capabilities: [...options.capabilities.keys()],
    wasi: {
      env: new Map(env),
      args: [...args],
      ...(maxHandles === undefined ? {} : { maxHandles }),
      ...(maxLineBytes === undefined ? {} : { maxLineBytes }),
    },
  };
}
