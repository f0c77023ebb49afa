import {
  EngineConfigRequest,
  EngineConfigResponse,
  EntryMeta,
  fail,
  image,
  ImageDriverRequest,
  ImageDriverResponse,
  lastError,
  log,
  rootfs,
  UserMappingRequest,
  UserMappingResponse,
  utf8,
} from "@wasm-plugin/assemblyscript";

const FOLDER = new EntryMeta(0o755);
const FILE = new EntryMeta(0o640, 0, 0, 1700000000);

function said(done: bool): string {
  return done ? "ok" : lastError()!.code;
}

export function imageDriver(request: ImageDriverRequest): ImageDriverResponse {
  const settings = request.context.settings;
  const wish = settings.get("do").asString();
  const response = new ImageDriverResponse();
  if (request.phase == "probe") {
    if (wish == "trap") throw new Error("as asked");
    if (wish == "spin") while (true) {}
    log.info("probe " + request.kind + " " + request.size.toString() + " " + request.head.length.toString());
    if (wish == "reach") {
      const data = image.read(0, 4);
      log.info("image " + (data === null ? said(false) : data.toString()));
      rootfs.directory("a", FOLDER);
      log.info("rootfs " + said(rootfs.flush()));
    }
    if (wish == "pass") return response;
    return response.setState<string>("probed").claim(<i32>settings.get("score").asInt(50));
  }
  log.info("unpack " + request.state.asString("without state"));
  if (wish == "late") throw new Error("as asked");
  if (wish == "open") rootfs.openFile("half", utf8("a"), FILE);
  if (wish == "outside") rootfs.file("../out", utf8("a"), FILE);
  rootfs.directory("etc", FOLDER);
  rootfs.file("etc/name", utf8("hello"), FILE);
  if (wish == "write-then-trap" && rootfs.flush()) throw new Error("as asked");
  if (wish == "write-then-spin" && rootfs.flush()) while (true) {}
  const whole = new Uint8Array(<i32>image.size());
  const count = image.readInto(0, whole);
  rootfs.file("copy", whole, FILE);
  if (count != whole.length) fail("short", "read " + count.toString());
  rootfs.openFile("parts", utf8("one "), FILE);
  rootfs.append(utf8("two "), true);
  rootfs.append(utf8("three"), false);
  rootfs.symlink("link", "etc/name", FILE);
  rootfs.hardlink("same", "etc/name");
  rootfs.fifo("pipe", FILE);
  rootfs.characterDevice("null", 1, 3, FILE);
  rootfs.file("gone", utf8("a"), FILE);
  rootfs.remove("gone");
  rootfs.setMeta("parts", new EntryMeta(0o600));
  if (!rootfs.flush()) fail(lastError()!.code, lastError()!.message);
  log.info("skipped " + rootfs.skipped().toString());
  if (wish == "cwd") return response.setCwd("relative");
  return response
    .addEnv("PATH", "/bin")
    .setEntrypoint(["/init"])
    .setCommand(["serve", "-v"])
    .setCwd("/srv")
    .setUser("1:2")
    .setLabel("a", "b")
    .setState<string>("unpacked");
}

/** Outside of its own hook a driver has neither capability. */
export function engineConfig(request: EngineConfigRequest): EngineConfigResponse {
  log.info("state " + request.state.asString("none"));
  log.info("image " + said(image.read(0, 4) !== null));
  rootfs.directory("a", FOLDER);
  log.info("rootfs " + said(rootfs.flush()));
  return new EngineConfigResponse();
}

/** `mappings` is `inside:outside:size`, separated by spaces. */
export function userMapping(request: UserMappingRequest): UserMappingResponse {
  const settings = request.context.settings;
  if (settings.get("do").asString() == "fail") fail("asked", "The settings ask for it");
  log.info(request.file + " " + request.user.name + " " + request.ranges.length.toString());
  const response = new UserMappingResponse();
  const wishes = settings.get("mappings").asString().split(" ");
  for (let i = 0; i < wishes.length; ++i) {
    const parts = wishes[i].split(":");
    if (parts.length == 3) response.map(i64.parse(parts[0]), i64.parse(parts[1]), i64.parse(parts[2]));
  }
  return response;
}
