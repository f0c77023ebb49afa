import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { errorFrom } from './error-message.js';
import { type FromThread, type QuestionKind, type Questions, type ToThread, transferred } from './messages.js';

/**
 * The plugin's side of the line to its owner.
 *
 * It waits by blocking its thread: a guest that asks for something is on the stack and can wait in no other way. Between calls it
 * blocks as well, which costs half as much as waiting in an event loop, and nothing else is to happen there.
 */
export class Channel {
  readonly #port: MessagePort;
  readonly #wake: Int32Array;
  #seen = 0;

  constructor(port: MessagePort, wake: Int32Array) {
    this.#port = port;
    this.#wake = wake;
  }

  /** @param payload - bytes of the message that may be large; given away. */
  send(message: FromThread, payload?: Uint8Array): void {
    this.#port.postMessage(message, payload === undefined ? [] : transferred(payload));
  }

  /** The next message, however long it takes. */
  receive(): ToThread {
    for (;;) {
      const received: { readonly message: ToThread } | undefined = receiveMessageOnPort(this.#port);
      if (received !== undefined) {
        return received.message;
      }
      // The owner counts after it has sent, so a message that came between the look above and here ends the wait at once.
      Atomics.wait(this.#wake, 0, this.#seen);
      this.#seen = Atomics.load(this.#wake, 0);
    }
  }

  /**
   * Ask the owner, and wait for what it says.
   *
   * @param payload - as with {@link send}.
   * @throws what the owner threw: a PluginError, or an Error with its text.
   */
  ask<Kind extends QuestionKind>(
    about: Kind,
    argument: Questions[Kind]['argument'],
    payload?: Uint8Array,
  ): Questions[Kind]['answer'] {
    // The union of all questions, of which TypeScript cannot see that kind and argument fit together.
    this.send({ kind: 'question', about, argument } as FromThread, payload);
    const answer = this.receive();
    switch (answer.kind) {
      case 'answer':
        return answer.value as Questions[Kind]['answer'];
      case 'no-answer':
        throw errorFrom(answer.error);
      case 'call':
        throw new Error('a call came while the one before was running');
    }
  }
}
