// The answer to `monitor-container`. Only the one exclusive monitor may act; from observers the host takes ticks and state.
import { MonitorContainerResponseBase } from "./messages.generated";
import { Value } from "./value";

export class MonitorContainerResponse extends MonitorContainerResponseBase {
  /** Send the next tick in so many milliseconds; 0: no more ticks. */
  tickAfter(milliseconds: i64): this {
    this.nextTickMs = milliseconds;
    return this;
  }

  /** Send the container a signal, by name: `SIGTERM`. */
  kill(signal: string): this {
    this.signal = signal;
    return this;
  }

  /** On `exited`: what `run` returns instead of the container's own exit code. */
  exit(code: i64): this {
    this.exitCode = code;
    return this;
  }

  /** What the later calls of this run get as `request.state`. Takes what `Value.from` takes. */
  setState<T>(state: T): this {
    this.state = Value.from<T>(state);
    return this;
  }
}
