import {
  CommandRequest,
  CommandResponse,
  EngineConfigRequest,
  EngineConfigResponse,
  fail,
  log,
  MonitorContainerRequest,
  MonitorContainerResponse,
  PostStartProcessRequest,
  PostStartProcessResponse,
  Value,
} from "@wasm-plugin/assemblyscript";

let calls = 0;

/** What every hook does first: count, and go wrong in the way that the settings ask for. */
function begin(settings: Value): void {
  calls++;
  const wish = settings.get("do").asString();
  if (wish == "trap") throw new Error("as asked");
  if (wish == "fail") fail("asked", "The settings ask for it");
}

export function engineConfig(request: EngineConfigRequest): EngineConfigResponse {
  const settings = request.context.settings;
  begin(settings);
  const wish = settings.get("do").asString();
  const what = settings.get("what").asString();
  const response = new EngineConfigResponse().setState<i32>(calls);
  if (wish == "veto") return response.setVeto(what);
  if (wish == "env") return response.setEnv("WHAT", what);
  if (wish == "mount") return response.setMount(what, "/mnt", ["ro"]);
  if (wish == "add") return response.addMount(what, "/data", ["ro"]).addEnv("ADDED", what);
  if (wish == "unset") return response.unsetEnv("PATH");
  if (wish == "hook") return response.addOciHook("poststop", what);
  if (wish == "patch") return response.addPatch("add", what, Value.from<string>("patched"));
  if (wish == "drop") return response.addPatch("remove", what);
  if (wish == "see") log.info(request.config.get("process").get("env").toString());
  return response;
}

export function postStartProcess(request: PostStartProcessRequest): PostStartProcessResponse {
  begin(request.context.settings);
  log.info("state " + request.state.asInt(-1).toString() + ", call " + calls.toString());
  const veto = request.context.settings.get("do").asString() == "veto-start";
  return veto ? new PostStartProcessResponse().setVeto("late") : new PostStartProcessResponse();
}

export function monitorContainer(request: MonitorContainerRequest): MonitorContainerResponse {
  begin(request.context.settings);
  log.info(request.event);
  return new MonitorContainerResponse().kill(request.context.settings.get("what").asString()).exit(7);
}

export function command(request: CommandRequest): CommandResponse {
  begin(request.context.settings);
  const wish = request.context.settings.get("do").asString();
  if (wish == "args") return new CommandResponse().setArgs([request.context.settings.get("what").asString()]);
  if (wish == "flag") return new CommandResponse().setFlag("mine", request.context.settings.get("what").asString());
  log.info(request.phase + " " + request.args.join(","));
  return new CommandResponse();
}
