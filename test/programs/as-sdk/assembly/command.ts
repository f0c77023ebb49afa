// One command for each thing to try; what it saw comes back on standard output.
import {
  CommandRequest,
  CommandResponse,
  env,
  fs,
  http,
  HttpRequest,
  HttpResponse,
  kv,
  lastError,
  random,
} from "@wasm-plugin/assemblyscript";

export function run(request: CommandRequest): CommandResponse {
  const response = new CommandResponse();
  const what = request.path;
  if (what == "greet") {
    return response
      .print("hello " + request.user.name + " from " + request.cwd)
      .print(request.args.join("|"))
      .setFlag("loud", true)
      .setState([1, 2])
      .exit(3);
  }
  if (what == "abort") throw new Error("three “quotes” – ü");
  if (what == "assert") assert(request.args.length == 99, "ninety-nine arguments");
  if (what == "bounds") return response.print(request.args[5]);
  if (what == "globals") return globals(response);
  if (what == "capabilities") return capabilities(response);
  return response.fail("unknown command " + what);
}

function capabilities(response: CommandResponse): CommandResponse {
  response.print("env " + textOrError(env.get("HOME")));
  response.print("env " + textOrError(env.get("SECRET")));
  response.print("kv set " + kv.setText("a/1", "one").toString());
  response.print("kv get " + textOrError(kv.getText("a/1")));
  response.print("kv get " + textOrError(kv.getText("a/2")));
  response.print("kv list " + kv.list("a/").join(" "));
  response.print("kv remove " + kv.remove("a/1").toString() + " " + kv.remove("a/1").toString());
  response.print("fs write " + fs.writeText("/data/f", "line\n").toString() + " " + fs.appendText("/data/f", "more").toString());
  response.print("fs read " + textOrError(fs.readText("/data/f")).replaceAll("\n", "+"));
  response.print("fs read " + textOrError(fs.readText("/etc/passwd")));
  const stat = fs.stat("/data/f");
  response.print("fs stat " + (stat !== null ? stat.kind + " " + stat.size.toString() : textOrError(null)));
  const names = fs.list("/data");
  response.print("fs list " + (names !== null ? names.join(" ") : textOrError(null)));
  response.print("http " + summary(http.get("http://api/greeting")));
  response.print("http " + summary(http.post("http://api/echo", new Uint8Array(3), "application/octet-stream")));
  response.print("http " + summary(http.postText("http://api/echo", "text")));
  const request = new HttpRequest("PUT", "http://api/echo")
    .addHeader("x-tag", "1")
    .addHeader("x-tag", "2")
    .setText("ü")
    .setTimeout(50)
    .setMaxBytes(1000)
    .setRedirects(0);
  response.print("http " + summary(http.send(request)));
  response.print("http " + summary(http.get("http://elsewhere/")));
  return response.print("random " + random.bytes(70_000).length.toString());
}

function summary(response: HttpResponse | null): string {
  if (response === null) return textOrError(null);
  const kind = response.header("content-type");
  return (response.ok ? "ok " : "not ok ") + response.status.toString() + " " + (kind !== null ? kind : "no type") +
    " from " + response.url + " " + response.text();
}

function textOrError(text: string | null): string {
  if (text !== null) return text;
  const error = lastError();
  return error !== null ? error.toString() : "nothing";
}

function globals(response: CommandResponse): CommandResponse {
  console.log("log");
  console.debug("debug");
  console.warn("warn");
  console.error("error");
  console.assert(1 == 2, "assert");
  console.time("t");
  console.timeEnd("t");
  trace("trace", 2, 1.5, -2);
  const bytes = new Uint8Array(4);
  crypto.getRandomValues(bytes);
  const chance = Math.random();
  return response
    .print("date " + Date.now().toString())
    .print("year " + new Date(Date.now()).getUTCFullYear().toString())
    .print("performance " + (performance.now() > 0 ? "runs" : "stands"))
    .print("random " + (chance >= 0 && chance < 1 ? "fits" : "does not fit"))
    .print("crypto " + bytes.join(" "));
}
