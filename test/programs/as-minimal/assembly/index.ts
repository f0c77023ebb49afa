import { EngineConfigRequest, EngineConfigResponse } from "@wasm-plugin/assemblyscript";

export function engineConfig(request: EngineConfigRequest): EngineConfigResponse {
  return new EngineConfigResponse().addMount("/etc/slurm", "/etc/slurm", ["ro"]);
}
