// The answer to `image-driver`: a claim in the phase `probe`, what the image says about its process in the phase `unpack`.
import { ImageConfig, ImageDriverResponseBase } from "./messages.generated";
import { Value } from "./value";

export class ImageDriverResponse extends ImageDriverResponseBase {
  /**
   * This driver can unpack the image.
   *
   * @param score - how sure it is, from 0 to 100: about 90 for a checked header, 50 for a good guess, 10 for the name alone.
   */
  claim(score: i32 = 50): this {
    this.claims = true;
    this.score = score;
    return this;
  }

  /** Add a variable of the image. */
  addEnv(name: string, value: string): this {
    this.imageConfig().env.push(name + "=" + value);
    return this;
  }

  /** What always runs; the arguments follow it. */
  setEntrypoint(args: string[]): this {
    this.imageConfig().entrypoint = args;
    return this;
  }

  /** The arguments where the user types none. */
  setCommand(args: string[]): this {
    this.imageConfig().command = args;
    return this;
  }

  setCwd(path: string): this {
    this.imageConfig().cwd = path;
    return this;
  }

  /** A name or a number, and a group after a colon. */
  setUser(user: string): this {
    this.imageConfig().user = user;
    return this;
  }

  setLabel(name: string, value: string): this {
    this.imageConfig().labels.set(name, value);
    return this;
  }

  /** What this plugin's later hooks of the same run get as `request.state`. Takes what `Value.from` takes. */
  setState<T>(state: T): this {
    this.state = Value.from<T>(state);
    return this;
  }

  private imageConfig(): ImageConfig {
    const there = this.config;
    if (there !== null) return there;
    const made = new ImageConfig();
    this.config = made;
    return made;
  }
}
