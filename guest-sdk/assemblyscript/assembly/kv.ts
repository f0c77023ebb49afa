// The kv capability: the plugin's own durable key-value store. Needs the grant `kv`.
import { answerAddress } from "./answer-area";
import { takeAnswer, wellFormed } from "./capability";
import { KvRequest, KvResponse } from "./messages.generated";
import { textOf, utf8 } from "./utf8";
import { Writer } from "./writer";

// @ts-ignore: decorator
@external("wasm-plugin:host/kv@1.0.0", "call")
declare function call(ptr: usize, len: usize, answer: usize): void;

export namespace kv {
  /** The bytes under `key`, or null: there is nothing, or refused, and then `lastError()` says why. */
  export function get(key: string): Uint8Array | null {
    const response = ask(about("get", key));
    return response !== null ? response.value : null;
  }

  export function getText(key: string): string | null {
    const bytes = get(key);
    return bytes !== null ? textOf(bytes) : null;
  }

  /** Returns false if the host refused; `lastError()` says why. */
  export function set(key: string, value: Uint8Array): bool {
    const request = about("set", key);
    request.value = value;
    return ask(request) !== null;
  }

  export function setText(key: string, value: string): bool {
    return set(key, utf8(value));
  }

  /** Whether there was something to delete. */
  export function remove(key: string): bool {
    const response = ask(about("delete", key));
    return response !== null && response.found;
  }

  /** The keys that begin with `prefix`, sorted; none if refused. */
  export function list(prefix: string = ""): string[] {
    const request = new KvRequest();
    request.op = "list";
    request.prefix = prefix;
    const response = ask(request);
    const keys = response !== null ? response.keys : null;
    return keys !== null ? keys : [];
  }
}

function about(op: string, key: string): KvRequest {
  const request = new KvRequest();
  request.op = op;
  request.key = key;
  return request;
}

function ask(request: KvRequest): KvResponse | null {
  const writer = new Writer();
  request.encode(writer);
  call(writer.dataStart, writer.length, answerAddress());
  const reader = takeAnswer();
  if (reader === null) return null;
  const response = KvResponse.decode(reader);
  return wellFormed(reader) ? response : null;
}
