// The http capability: requests to granted hosts. Needs grants such as `http:api.example.com:443`.
import { answerAddress } from "./answer-area";
import { takeAnswer, wellFormed } from "./capability";
import { HttpHeader, HttpRequestBase, HttpResponseBase } from "./messages.generated";
import { textOf, utf8 } from "./utf8";
import { Writer } from "./writer";

// @ts-ignore: decorator
@external("wasm-plugin:host/http@1.0.0", "call")
declare function call(ptr: usize, len: usize, answer: usize): void;

/** A request to send with `http.send`. The methods return the request, so that they chain. */
export class HttpRequest extends HttpRequestBase {
  /** @param method - in upper case. */
  constructor(method: string, url: string) {
    super();
    this.method = method;
    this.url = url;
  }

  /** Add a header; those of the same name stay. */
  addHeader(name: string, value: string): this {
    this.headers.push(headerOf(name, value));
    return this;
  }

  setBody(body: Uint8Array, contentType: string): this {
    this.body = body;
    return this.addHeader("content-type", contentType);
  }

  setText(text: string, contentType: string = "text/plain; charset=utf-8"): this {
    return this.setBody(utf8(text), contentType);
  }

  /** For everything together, in milliseconds; the deadline of the hook counts too. */
  setTimeout(milliseconds: i64): this {
    this.timeoutMs = milliseconds;
    return this;
  }

  /** Refuse an answer whose body is longer. */
  setMaxBytes(bytes: i64): this {
    this.maxBytes = bytes;
    return this;
  }

  /** How many redirects to follow; with 0 a redirect is an answer like any other. */
  setRedirects(count: i64): this {
    this.redirects = count;
    return this;
  }
}

/** An answer, whatever its status. */
export class HttpResponse extends HttpResponseBase {
  constructor(from: HttpResponseBase) {
    super();
    this.status = from.status;
    this.headers = from.headers;
    this.body = from.body;
    this.url = from.url;
  }

  /** Whether the status is one of success. */
  get ok(): bool {
    return this.status >= 200 && this.status < 300;
  }

  /** The body as UTF-8. */
  text(): string {
    return textOf(this.body);
  }

  /** The first header of that name, in lower case, or null. */
  header(name: string): string | null {
    const headers = this.headers;
    for (let i = 0; i < headers.length; ++i) {
      if (headers[i].name == name) return headers[i].value;
    }
    return null;
  }
}

/** What returns null got no answer, or none that it may have: `lastError()` says why. */
export namespace http {
  export function get(url: string): HttpResponse | null {
    return send(new HttpRequest("GET", url));
  }

  export function post(url: string, body: Uint8Array, contentType: string): HttpResponse | null {
    return send(new HttpRequest("POST", url).setBody(body, contentType));
  }

  export function postText(url: string, text: string, contentType: string = "text/plain; charset=utf-8"): HttpResponse | null {
    return send(new HttpRequest("POST", url).setText(text, contentType));
  }

  export function send(request: HttpRequest): HttpResponse | null {
    const writer = new Writer();
    request.encode(writer);
    call(writer.dataStart, writer.length, answerAddress());
    const reader = takeAnswer();
    if (reader === null) return null;
    const response = HttpResponseBase.decode(reader);
    return wellFormed(reader) ? new HttpResponse(response) : null;
  }
}

function headerOf(name: string, value: string): HttpHeader {
  const header = new HttpHeader();
  header.name = name;
  header.value = value;
  return header;
}
