import { EngineConfigRequest, EngineConfigResponse, log } from "@wasm-plugin/assemblyscript";

const MIB: i64 = 1024 * 1024;

export function engineConfig(request: EngineConfigRequest): EngineConfigResponse {
  const settings = request.context.settings;
  // The flag of this run goes before the operator's setting.
  const memoryMiB = request.flags.get("memory-mib").asInt(settings.get("memoryMiB").asInt(256));
  if (memoryMiB < 1) return new EngineConfigResponse().setVeto("--memory-mib must be at least 1");
  log.info("memory limit " + memoryMiB.toString() + " MiB");
  return new EngineConfigResponse()
    .setMemoryLimit(memoryMiB * MIB)
    .addMount(
      settings.get("source").asString("/etc/os-release"),
      settings.get("destination").asString("/run/host/os-release"),
      ["ro", "nosuid", "nodev", "noexec"],
    )
    .setEnv("MEMORY_LIMIT_MIB", memoryMiB.toString());
}
