// One component for all tests of the command line; each test packs it with a manifest of its own.
import {
  CommandRequest,
  CommandResponse,
  EngineConfigRequest,
  EngineConfigResponse,
  fail,
  LifecycleRequest,
  log,
  MonitorContainerRequest,
  MonitorContainerResponse,
  PostStartProcessRequest,
  PostStartProcessResponse,
} from "@wasm-plugin/assemblyscript";

export function command(request: CommandRequest): CommandResponse {
  const response = new CommandResponse();
  if (request.phase == "before") {
    if (request.flags.get("abort").asBool()) return response.setVeto("because --abort was given");
    const text = request.flags.get("test").asString();
    return text == "" ? response : response.print("test: " + text);
  }
  if (request.phase == "after") return response.printError("after: " + request.exitCode.toString());
  if (request.path == "site start") return response.runContainer(request.args[0], request.args.slice(1));
  if (request.path == "site break") throw new Error("broken on purpose");
  if (request.path == "site evil") return response.print("\x1b[2J\tred");
  return response.print(request.args.join("|")).print(request.flags.toString()).exit(42);
}

export function engineConfig(request: EngineConfigRequest): EngineConfigResponse {
  log.info("config of " + request.engine.image);
  const response = new EngineConfigResponse();
  const mount = request.context.settings.get("mount").asString();
  if (mount == "tmpfs") response.addMount("tmpfs", "/added", ["size=nonsense"], "tmpfs");
  else if (mount != "") response.addMount(mount, "/added", ["rbind"]);
  return response
    .setEnv("SITE", request.flags.get("site").asString("nowhere"))
    .setEnv("DEFAULTED", request.context.settings.get("defaulted").asString())
    .setEnv("GREETING", request.context.settings.get("greeting").asString("none"));
}

export function postStartProcess(request: PostStartProcessRequest): PostStartProcessResponse {
  const response = new PostStartProcessResponse();
  return request.context.settings.get("refuse").asBool() ? response.setVeto("refused by setting") : response;
}

export function monitorContainer(request: MonitorContainerRequest): MonitorContainerResponse {
  const response = new MonitorContainerResponse();
  return request.event == "exited" && request.context.settings.get("flip").asBool()
    ? response.exit(77)
    : response;
}

export function lifecycle(request: LifecycleRequest): void {
  if (request.version.endsWith("-bad")) fail("bad", "this version never comes up", "Take another version");
  log.info("lifecycle " + request.event + " " + request.version);
}
