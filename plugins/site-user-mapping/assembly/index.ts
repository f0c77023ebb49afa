import { fail, fs, lastError, UserMappingRequest, UserMappingResponse } from "@wasm-plugin/assemblyscript";

/** Lines are `NAME-OR-UID:FIRST:COUNT` as in /etc/subuid; `#` starts a comment. */
export function userMapping(request: UserMappingRequest): UserMappingResponse {
  const response = new UserMappingResponse();
  const settings = request.context.settings;
  const isUsers = request.file == "/etc/subuid";
  const path = settings.get(isUsers ? "users" : "groups").asString();
  const text = fs.readText(path);
  if (text === null) {
    fail("no-file", "Cannot read " + path + ": " + lastError()!.message, "Is its folder granted, and the file there?");
    return response;
  }
  const user = request.user;
  const lines = text.split("\n");
  let inside: i64 = 1;
  for (let i = 0; i < lines.length; ++i) {
    const line = lines[i].split("#")[0].trim();
    if (line.length == 0) continue;
    const parts = line.split(":");
    const first = parts.length == 3 ? numberOf(parts[1]) : -1;
    const count = parts.length == 3 ? numberOf(parts[2]) : -1;
    if (first < 0 || count < 1) {
      fail("bad-line", path + " line " + (i + 1).toString() + " is not NAME:FIRST:COUNT");
      return response;
    }
    if (parts[0] != user.uid.toString() && (user.name.length == 0 || parts[0] != user.name)) continue;
    response.map(inside, first, count);
    inside += count;
  }
  if (inside == 1) {
    fail("no-ids", "There is no line for " + nameOf(request) + " in " + path, "Ask the site's administrator for a range.");
  }
  return response;
}

function nameOf(request: UserMappingRequest): string {
  const user = request.user;
  return user.name.length > 0 ? user.name : "uid " + user.uid.toString();
}

/** Digits only; else -1. No id has more than ten. */
function numberOf(text: string): i64 {
  if (text.length == 0 || text.length > 10) return -1;
  for (let i = 0; i < text.length; ++i) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return -1;
  }
  return i64.parse(text);
}
