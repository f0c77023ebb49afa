/** One request and its answer. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { quote } from '../../errors/index.js';
import { Refusal } from '../answer.js';
import type { Header } from './headers.js';
import { type Connecting, MAX_RESPONSE_HEADER_BYTES, openRequest, transportFor } from './open-request.js';
import type { Outgoing } from './redirect.js';

/** Header fields of an answer. Ordinary ones have dozens. */
export const MAX_RESPONSE_HEADERS = 2000;

/**
 * Send a request and use its answer. When this settles the connection is closed, however it ends.
 *
 * @param signal - closes the connection; its reason is what this rejects with.
 * @param use - gets the answer when its headers are complete; it need not read the body.
 * @throws Refusal `failed` or `limit`.
 */
export async function exchange<T>(
  outgoing: Outgoing,
  connecting: Connecting,
  signal: AbortSignal,
  use: (response: IncomingMessage) => Promise<T>,
): Promise<T> {
  const transport = await transportFor(outgoing.target.url);
  signal.throwIfAborted();
  const request = openRequest(transport, outgoing, connecting);
  const destroy = (): void => {
    request.destroy();
  };
  signal.addEventListener('abort', destroy);
  try {
    const answered = responseTo(request);
    request.end(outgoing.body);
    const used = await use(await answered);
    // A connection that was cut can look like one that ended.
    signal.throwIfAborted();
    return used;
  } catch (error) {
    signal.throwIfAborted();
    throw explained(outgoing, error);
  } finally {
    signal.removeEventListener('abort', destroy);
    request.destroy();
  }
}

/**
 * Read a body.
 *
 * @param maxBytes - most of it; what is read counts, not what the answer says of itself.
 * @throws Refusal `limit`.
 */
export async function readBody(response: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) {
      throw new Refusal('limit', `Cannot read the body: it is longer than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/**
 * The header fields in their order, names in lower case; a byte of a value is one character.
 *
 * @throws Refusal `limit`.
 */
export function headersOf({ rawHeaders }: IncomingMessage): Header[] {
  const count = rawHeaders.length / 2;
  if (count > MAX_RESPONSE_HEADERS) {
    throw new Refusal('limit', `Cannot read ${count} headers: the limit is ${MAX_RESPONSE_HEADERS}`);
  }
  const headers: Header[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.push({ name: (rawHeaders[i] ?? '').toLowerCase(), value: rawHeaders[i + 1] ?? '' });
  }
  return headers;
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve);
    // It stays: an error after the answer's headers comes here too, and without a listener it would end the process.
    request.on('error', (cause) => reject(new BrokenConnection({ cause })));
    // Without an error: the server switched to a protocol that nobody asked for, and Node hung up.
    request.on('close', () => reject(new BrokenConnection()));
  });
}

/** Tells what the network did from mistakes of ours. */
class BrokenConnection extends Error {
  constructor(options: ErrorOptions = {}) {
    super('The connection broke', options);
  }
}

/** The system's errors are outcomes for the guest, told by code; their texts hold addresses of the host's network. */
function explained({ method, target }: Outgoing, error: unknown): unknown {
  if (error instanceof Refusal) {
    return error;
  }
  const what = `Cannot ${method} ${quote(target.url.href)}`;
  const code = codeOf(error instanceof BrokenConnection ? error.cause : error);
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Refusal('limit', `${what}: the headers of the answer have more than ${MAX_RESPONSE_HEADER_BYTES} bytes`);
  }
  if (code !== undefined) {
    return new Refusal('failed', `${what}: ${code}`);
  }
  return error instanceof BrokenConnection ? new Refusal('failed', `${what}: there was no answer`) : error;
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : undefined;
}
