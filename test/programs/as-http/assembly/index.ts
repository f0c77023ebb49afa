import { http, HttpRequest, lastError, Value } from "@wasm-plugin/assemblyscript";

let calls = 0;

// @ts-ignore: decorator
@hook("test:http/send@1.0.0")
export function send(asked: Value): Value {
  calls++;
  const request = new HttpRequest(asked.get("method").asString("GET"), asked.get("url").asString());
  if (asked.get("text").exists) request.setText(asked.get("text").asString());
  const response = http.send(request);
  const told = Value.map().set("calls", calls);
  if (response !== null) return told.set("status", response.status).set("text", response.text()).set("url", response.url);
  const error = lastError()!;
  const hint = error.hint;
  return told.set("code", error.code).set("message", error.message).set("hint", hint !== null ? hint : "");
}
