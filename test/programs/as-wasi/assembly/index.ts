import { CommandRequest, CommandResponse } from "@wasm-plugin/assemblyscript";

console.log("top level");

export function command(request: CommandRequest): CommandResponse {
  console.log("command " + request.path);
  if (request.path == "abort") throw new Error("with the shim");
  return new CommandResponse().print(Date.now().toString());
}
