import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Authority, LeafSpec } from './authority.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An enrollment endpoint with a real TLS port that remembers everything it was sent. */
export interface EnrollingHub {
  readonly endpoint: string;
  /** Every HTTP request that arrived, in order. */
  readonly requests: readonly SeenRequest[];
  /** Application bytes that came out of any TLS connection. */
  readonly bytesRead: () => number;
  close(): Promise<void>;
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** Starts it on loopback with a certificate for `localhost`, its chain complete with the CA. */
export async function startEnrollingHub(
  authority: Authority,
  answer: Answer,
  spec: LeafSpec = { commonName: 'hub', names: ['localhost'], addresses: ['127.0.0.1'] },
): Promise<EnrollingHub> {
  const { cert, key } = await authority.issue(spec);
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let bytes = 0;
  const server = createServer({ cert: `${cert}\n${authority.pem}`, key }, (incoming, response) => {
    void collect(incoming).then(async (body) => {
      const seen = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, body };
      requests.push(seen);
      await answer(seen, response);
    });
  });
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    // A client that hangs up is what some cases are about.
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    endpoint: `https://localhost:${(server.address() as AddressInfo).port}/api/enroll/`,
    requests,
    bytesRead: () => bytes,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

async function collect(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export function json(status: number, body: unknown): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
}
