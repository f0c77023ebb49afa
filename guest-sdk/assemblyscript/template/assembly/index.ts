import {
  CommandRequest,
  CommandResponse,
  EngineConfigRequest,
  EngineConfigResponse,
} from "@wasm-plugin/assemblyscript";

// `wasm-plugin {{command}} [NAME]`: plugin.json declares the command, so that --help shows it without running this code.
export function command(request: CommandRequest): CommandResponse {
  const name = request.args.length > 0 ? request.args[0] : request.user.name;
  return new CommandResponse().print("Hello, " + name + "!");
}

// Called before a container is created. "config:env" in plugin.json asks for the right to change variables.
export function engineConfig(request: EngineConfigRequest): EngineConfigResponse {
  const greeting = request.context.settings.get("greeting").asString("hello");
  return new EngineConfigResponse().setEnv("GREETING", greeting);
}
