/** Servers on loopback for tests of HTTP, which note who came. */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';

/** One request as the server understood it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  /** Name and value in turn, as sent. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface TestServer {
  readonly port: number;
  /** Connections that were ever made. */
  readonly connections: () => number;
  /** Connections that are still there. */
  readonly open: () => number;
  readonly seen: readonly Seen[];
  readonly close: () => Promise<void>;
}

export type Answer = (request: Seen, response: ServerResponse) => void;

/** An HTTP server that reads each request whole before it answers. */
export function serveHttp(answer: Answer, tls?: ServerOptions): Promise<TestServer> {
  const seen: Seen[] = [];
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const { method = '', url: path = '', rawHeaders, headers } = request;
    const one = { method, path, rawHeaders, headers, body: Buffer.concat(chunks).toString() };
    seen.push(one);
    answer(one, response);
  };
  return listening(tls === undefined ? createHttp(listener) : createHttps(tls, listener), seen);
}

/** A server that says what it likes: `talk` gets each connection. */
export function serveTcp(talk: (socket: Socket) => void): Promise<TestServer> {
  const server = createTcp((socket) => {
    // Clients that hang up are what these tests are about.
    socket.on('error', () => undefined);
    socket.resume();
    talk(socket);
  });
  return listening(server, []);
}

async function listening(server: Server, seen: readonly Seen[]): Promise<TestServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    open: () => sockets.size,
    seen,
    close: () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
