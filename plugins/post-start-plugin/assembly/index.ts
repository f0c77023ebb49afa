import { log, PostStartProcessRequest, PostStartProcessResponse } from "@wasm-plugin/assemblyscript";

export function postStartProcess(request: PostStartProcessRequest): PostStartProcessResponse {
  const process = request.config.get("process");
  log.info("pid " + request.pid.toString() + " runs " + process.get("args").at(0).asString());
  const required = request.context.settings.get("requireEnv").asString();
  if (required.length > 0 && !hasVariable(process.get("env").asStrings(), required)) {
    return new PostStartProcessResponse().setVeto("the container has no variable " + required);
  }
  return new PostStartProcessResponse();
}

function hasVariable(env: string[], name: string): bool {
  for (let i = 0; i < env.length; i++) {
    if (env[i].startsWith(name + "=")) return true;
  }
  return false;
}
