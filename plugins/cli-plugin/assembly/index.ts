import { CommandRequest, CommandResponse } from "@wasm-plugin/assemblyscript";

export function command(request: CommandRequest): CommandResponse {
  if (request.phase == "run") return printArguments(request);
  const response = new CommandResponse();
  if (request.path == "version") {
    const text = request.flags.get("test").asString();
    return text.length > 0 ? response.print("test: " + text) : response;
  }
  return request.flags.get("abort").asBool() ? response.setVeto("--abort was given") : response;
}

function printArguments(request: CommandRequest): CommandResponse {
  const upper = request.flags.get("upper").asBool();
  const response = new CommandResponse();
  for (let i = 0; i < request.args.length; i++) {
    const arg = request.args[i];
    response.print(upper ? arg.toUpperCase() : arg);
  }
  return response.exit(request.flags.get("code").asInt());
}
