import { AsyncResource } from 'node:async_hooks';
import type { CallResult, CapabilityContext } from '../options.js';

/** Node's timers end at once when asked for more. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** One call, or the start, of an instance in a thread: the promise of its caller, and all that lives as long as it runs. */
export class RunningCall {
  readonly result: Promise<CallResult>;
  /** What capabilities get. The signal is made when somebody looks at it. */
  readonly context: CapabilityContext;
  /** What a capability threw in this call: the thread only gets a copy. */
  thrown: unknown;
  /** It is being stopped: what arrives late may still end it well, but nothing is done for it any more. */
  stopping = false;
  readonly hook: string;
  /** For errors, such as `Cannot call x:y/z@1.0.0`. */
  readonly doing: string;
  readonly #scope = new AsyncResource('wasm-plugin call');
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  #resolve: (result: CallResult) => void = () => {};
  #reject: (error: Error) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #controller: AbortController | undefined;
  #failure: Error | undefined;

  /**
   * @param signal - the caller's, not aborted yet.
   * @param onAbort - called once if it is, unless the call has ended by then.
   */
  constructor(doing: string, hook: string, signal: AbortSignal | undefined, onAbort: () => void) {
    this.doing = doing;
    this.hook = hook;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#signal = signal;
    this.#onAbort = onAbort;
    signal?.addEventListener('abort', onAbort, { once: true });
    const abortSignal = (): AbortSignal => this.#abortSignal();
    this.context = {
      get signal() {
        return abortSignal();
      },
    };
  }

  /** Call `onTime` in that many milliseconds, instead of what was asked for before. Keeps the process alive meanwhile. */
  arm(ms: number, onTime: () => void): void {
    this.#disarm();
    this.#armUntil(performance.now() + ms, onTime);
  }

  /** Node counts in whole milliseconds and may come up to one early, which a deadline must not. */
  #armUntil(due: number, onTime: () => void): void {
    const left = due - performance.now();
    if (left <= 0) {
      onTime();
    } else if (left < 1) {
      this.#immediate = setImmediate(() => this.#armUntil(due, onTime));
    } else {
      this.#timer = setTimeout(() => this.#armUntil(due, onTime), Math.min(left, MAX_TIMER_MS));
    }
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  /** Run code of the embedder's as a part of its call: what it keeps in an AsyncLocalStorage is there. */
  within<T>(run: () => T): T {
    return this.#scope.runInAsyncScope(run);
  }

  succeed(result: CallResult): void {
    this.#release();
    this.#resolve(result);
  }

  fail(error: Error): void {
    this.#release();
    this.#failure = error;
    this.#reject(error);
    // Last: its listeners are the embedder's.
    this.#controller?.abort(error);
  }

  #release(): void {
    this.#disarm();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #abortSignal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#failure !== undefined) {
      this.#controller.abort(this.#failure);
    }
    return this.#controller.signal;
  }
}
