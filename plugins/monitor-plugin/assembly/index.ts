import { log, MonitorContainerRequest, MonitorContainerResponse } from "@wasm-plugin/assemblyscript";

export function monitorContainer(request: MonitorContainerRequest): MonitorContainerResponse {
  const settings = request.context.settings;
  const response = new MonitorContainerResponse();
  const event = request.event;
  if (event == "started") {
    log.info("started, pid " + request.pid.toString());
    return response.tickAfter(settings.get("tickMs").asInt(500)).setState<i64>(0);
  }
  if (event == "tick") {
    const ticks = request.state.asInt() + 1;
    const stats = request.stats;
    const memory = stats !== null && stats.hasMemoryBytes ? ", " + (stats.memoryBytes >> 10).toString() + " KiB" : "";
    log.info("alive for " + request.uptimeMs.toString() + " ms" + memory);
    return response.setState<i64>(ticks);
  }
  if (event == "signal") {
    const signal = request.signal;
    log.info("gets " + (signal !== null ? signal : "a signal"));
    return response;
  }
  return exited(request, response);
}

function exited(request: MonitorContainerRequest, response: MonitorContainerResponse): MonitorContainerResponse {
  const signal = request.exitSignal;
  const how = signal !== null ? "by " + signal : "with " + request.exitCode.toString();
  log.info("exited " + how + " after " + request.state.asInt().toString() + " ticks");
  const failAs = request.context.settings.get("failAs");
  const failed = signal !== null || request.exitCode != 0;
  return failed && failAs.exists ? response.exit(failAs.asInt()) : response;
}
