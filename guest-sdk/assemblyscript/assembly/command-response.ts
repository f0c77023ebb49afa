// The answer to `command`. Which methods mean something depends on the phase; all return the response, so that they chain.
import { CommandResponseBase, RunRequest } from "./messages.generated";
import { Value } from "./value";

export class CommandResponse extends CommandResponseBase {
  /** A line for the user, on standard output. */
  print(text: string): this {
    this.stdout = withLine(this.stdout, text);
    return this;
  }

  /** A line for the user, on standard error. */
  printError(text: string): this {
    this.stderr = withLine(this.stderr, text);
    return this;
  }

  /** Phase `run`: the command's exit code, 0 to 255. */
  exit(code: i64): this {
    this.exitCode = code;
    return this;
  }

  /** Phase `run`: a message on standard error and exit code 1, or another one. */
  fail(message: string, code: i64 = 1): this {
    return this.printError(message).exit(code);
  }

  /** Phase `before`: the command must not run. */
  setVeto(reason: string): this {
    this.veto = reason;
    return this;
  }

  /** Phase `before`: set a flag; the others stay. Takes what `Value.from` takes. */
  setFlag<T>(name: string, value: T): this {
    if (!this.flags.exists) this.flags = Value.map();
    this.flags.set<T>(name, value);
    return this;
  }

  /** Phase `before`: replace all arguments. */
  setArgs(args: string[]): this {
    this.args = args;
    return this;
  }

  /** Phase `run`: run a container as this command. `run.options` has the options of `run` by their long names. */
  runContainer(image: string, command: string[] = []): this {
    const run = new RunRequest();
    run.image = image;
    run.command = command;
    this.run = run;
    return this;
  }

  /** What this plugin's later hooks of the same run get as `request.state`. Takes what `Value.from` takes. */
  setState<T>(state: T): this {
    this.state = Value.from<T>(state);
    return this;
  }
}

function withLine(before: string | null, text: string): string {
  const line = text + "\n";
  return before !== null ? before + line : line;
}
