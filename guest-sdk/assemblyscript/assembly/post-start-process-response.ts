// The answer to `post-start-process`.
import { PostStartProcessResponseBase } from "./messages.generated";
import { Value } from "./value";

export class PostStartProcessResponse extends PostStartProcessResponseBase {
  /** Stop the container. */
  setVeto(reason: string): this {
    this.veto = reason;
    return this;
  }

  /** What this plugin's later hooks of the same run get as `request.state`. Takes what `Value.from` takes. */
  setState<T>(state: T): this {
    this.state = Value.from<T>(state);
    return this;
  }
}
