// One program for all tests of the SDK: compiling takes seconds.
import {
  clock,
  EngineConfigRequest,
  EngineConfigResponse,
  fail,
  LifecycleRequest,
  log,
  MonitorContainerRequest,
  MonitorContainerResponse,
  PostStartProcessRequest,
  PostStartProcessResponse,
  Value,
} from "@wasm-plugin/assemblyscript";
import { recodeMessage } from "./recode";

export { run as command } from "./command";

let events = 0;
log.info("top level at " + clock.now().toString());

export function engineConfig(request: EngineConfigRequest): EngineConfigResponse {
  const env = request.config.get("process").get("env");
  const first = env.at(0).asString("nothing");
  return new EngineConfigResponse()
    .addMount("/etc/slurm", "/etc/slurm", ["ro"])
    .addMount("tmpfs", "/scratch", [], "tmpfs")
    .removeMount("/old")
    .setEnv("FIRST", first)
    .setEnv("COUNT", env.length.toString())
    .unsetEnv("LD_PRELOAD")
    .setHostname(request.engine.name + "-" + request.context.settings.get("site").asString())
    .setCwd("/work")
    .setArgs(["/bin/sh", "-c", "true"])
    .setUser(1000, 100, [10, 20])
    .annotate("org.example.job", request.flags.get("job").toString())
    .addNamespace("network")
    .setMemoryLimit(256 << 20)
    .setCpuQuota(150_000)
    .setCpus("0-3")
    .setPidsLimit(64)
    .addRlimit("RLIMIT_NOFILE", 1024, 4096)
    .setRlimit("RLIMIT_CORE", -1)
    .addDevice("/dev/fuse")
    .addOciHook("createRuntime", "/usr/bin/true", ["true"])
    .addPatch("add", "/linux/seccomp", Value.map().set("defaultAction", "SCMP_ACT_ALLOW"))
    .setState(Value.map().set("seen", env.length).set("before", request.state));
}

export function postStartProcess(request: PostStartProcessRequest): PostStartProcessResponse {
  return new PostStartProcessResponse().setVeto("seen " + request.state.get("seen").asInt().toString());
}

export function monitorContainer(request: MonitorContainerRequest): MonitorContainerResponse {
  const stats = request.stats;
  if (stats !== null && stats.hasMemoryBytes && stats.memoryBytes > 1000) {
    return new MonitorContainerResponse().kill("SIGTERM").tickAfter(0);
  }
  return new MonitorContainerResponse().tickAfter(250).exit(request.hasExitCode ? request.exitCode + 1 : 0);
}

export function lifecycle(request: LifecycleRequest): void {
  events++;
  if (request.event == "installed") fail("no-license", "The license server does not answer", "Start lmgrd");
}

// @ts-ignore: decorator
@hook("test:sdk/recode@1.0.0")
export function recode(request: Uint8Array): Uint8Array {
  return recodeMessage(request);
}

// @ts-ignore: decorator
@hook("test:sdk/value@1.2.0")
export function value(request: Value): Value {
  const list = request.get("list");
  request.set("events", events).remove("secret");
  list.push("in place");
  request.get("list").push(1.5).at(1).set("c", [true]);
  return request.set("text", request.toString());
}

// @ts-ignore: decorator
@hook("test:sdk/garbage@1.0.0")
export function garbage(): void {
  for (let i = 0; i < 16; ++i) new Uint8Array(64 << 10);
}
