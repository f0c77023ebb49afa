import { fail, ImageDriverRequest, ImageDriverResponse } from "@wasm-plugin/assemblyscript";
import { GzipSource } from "./gzip";
import { BLOCK, Format, formatOf } from "./header";
import { noProblem, problemText } from "./problem";
import { PlainSource, ROOM } from "./source";
import { unpackTar } from "./unpack";

export function imageDriver(request: ImageDriverRequest): ImageDriverResponse {
  const response = new ImageDriverResponse();
  if (request.kind != "file") return response;
  noProblem();
  const isGzip = request.head.length > 2 && request.head[0] == 0x1f && request.head[1] == 0x8b;
  if (request.phase == "probe") {
    const format = firstFormat(request.head, isGzip);
    noProblem();
    // Without a magic number the checksum is all that speaks for it.
    return format == Format.None ? response : response.claim(format == Format.V7 ? 60 : 90);
  }
  if (!unpackTar(isGzip ? new GzipSource(ROOM) : new PlainSource())) {
    fail("bad-archive", "Cannot unpack " + request.path + ": " + problemText());
  }
  return response;
}

/** What the archive begins with. */
function firstFormat(head: Uint8Array, isGzip: bool): Format {
  if (!isGzip) return formatOf(head);
  const source = new GzipSource(BLOCK);
  return source.need(BLOCK) ? formatOf(source.take(BLOCK)) : Format.None;
}
