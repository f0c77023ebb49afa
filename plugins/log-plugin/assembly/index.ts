import { CommandRequest, CommandResponse, env } from "@wasm-plugin/assemblyscript";

export function command(request: CommandRequest): CommandResponse {
  const user = request.user;
  const job = env.get("SLURM_JOB_ID");
  // Standard output of a plugin is its log: with wasi-shim, plain console.log is all it takes.
  console.log(
    "UID=" + user.uid.toString() +
    " USER=" + quoted(user.name) +
    " GID=" + user.gid.toString() +
    " JOBID=" + quoted(job === null ? "" : job) +
    " COMMAND=" + quoted(request.path) +
    " ARGS=" + quoted(request.args.join(" ")),
  );
  return new CommandResponse();
}

/** A quote inside a value must not look like its end. */
function quoted(text: string): string {
  return '"' + text.replaceAll("\\", "\\\\").replaceAll('"', '\\"') + '"';
}
