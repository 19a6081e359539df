import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMessage, encodeMessage, formatTimestamp } from '@stormpulse/protocol';
import type { WireType } from '@stormpulse/protocol';
import { newMessageId } from '@stormpulse/protocol/node';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { x509 } from '../src/ca/x509.ts';
import { createHub } from '../src/index.ts';
import type { Hub, HubOptions } from '../src/index.ts';
import { exchange } from './http-exchange.ts';
import type { Answer } from './http-exchange.ts';
import { registerPayload } from './payloads.ts';

/** Hubs, agents and folders of one test; `close` ends them all. */
export class Stage {
  readonly #releases: (() => Promise<void> | void)[] = [];

  newStateDir(): string {
    const folder = mkdtempSync(join(tmpdir(), 'hub-'));
    this.#releases.push(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  async startHub(options: Partial<HubOptions> = {}): Promise<Hub> {
    const any = { host: '127.0.0.1', port: 0 };
    const hub = await createHub({
      stateDir: options.stateDir ?? this.newStateDir(),
      agentsListen: any,
      peopleListen: any,
      ...options,
    });
    this.defer(() => hub.close());
    return hub;
  }

  async connect(hub: Hub, identity: Identity): Promise<FakeAgent> {
    const agent = await FakeAgent.connect(hub, identity);
    this.defer(() => agent.close());
    return agent;
  }

  defer(release: () => Promise<void> | void): void {
    this.#releases.push(release);
  }

  async close(): Promise<void> {
    for (const release of this.#releases.splice(0).toReversed()) await release();
  }
}

/** What an enrolled agent holds. */
export interface Identity {
  readonly agentId: string;
  readonly keyPem: string;
  readonly certPem: string;
  readonly caPem: string;
  readonly hmacKey: Buffer;
  readonly pulseToken: string;
}

/** A key and a request for it, `CN=<agent id>` unless told. */
export async function newCsr(
  agentId: string,
  subject: Record<string, string[]>[] = [{ CN: [agentId] }],
): Promise<{ csrPem: string; keyPem: string }> {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { csrPem: request.toString('pem'), keyPem: x509.PemConverter.encode(key, 'PRIVATE KEY') };
}

/** POSTs to the agents' port without a client certificate. The CA is not checked here: what is under test is the answer. */
export async function postEnrol(hub: Hub, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const url = new URL('/api/enroll/', hub.agentsUrl);
  return await exchange(
    httpsRequest(url, {
      method: 'POST',
      rejectUnauthorized: false,
      agent: false,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers },
    }),
    text,
  );
}

/** Any request to the agents' port, its path untouched. */
export async function agentsRequest(hub: Hub, method: string, path: string): Promise<Answer> {
  const { hostname: host, port } = new URL(hub.agentsUrl);
  return await exchange(httpsRequest({ host, port, method, path, rejectUnauthorized: false, agent: false }), '');
}

/** Makes a token and enrols with it. */
export async function enrol(hub: Hub, agentId: string, headers: Record<string, string> = {}): Promise<Identity> {
  const { token } = await hub.createToken(agentId);
  const { csrPem, keyPem } = await newCsr(agentId);
  const answer = await postEnrol(hub, { agent_id: agentId, token, csr_pem: csrPem }, headers);
  if (answer.status !== 200) throw new Error(`enrolment failed: ${answer.status} ${answer.text}`);
  const fields = answer.json() as Record<string, string>;
  return {
    agentId,
    keyPem,
    certPem: fields['client_cert_pem'] ?? '',
    caPem: fields['ca_cert_pem'] ?? '',
    hmacKey: Buffer.from(fields['hmac_key'] ?? '', 'base64'),
    pulseToken: fields['pulse_token'] ?? '',
  };
}

/** A message as it came. */
export interface Received {
  readonly type: WireType;
  readonly id: string;
  readonly ts: string;
  readonly agent_id: string;
  readonly payload: Record<string, unknown>;
}

/** An agent played by the test over a real socket. */
export class FakeAgent {
  readonly identity: Identity;
  readonly received: Received[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  #waiting: { matches: (message: Received) => boolean; resolve: (message: Received) => void }[] = [];

  private constructor(identity: Identity, socket: WebSocket) {
    this.identity = identity;
    this.#socket = socket;
    socket.on('message', (data) => this.#take(JSON.parse((data as Buffer).toString('utf8')) as Received));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  static async connect(hub: Hub, identity: Identity): Promise<FakeAgent> {
    const socket = newSocket(hub, identity);
    const agent = new FakeAgent(identity, socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    return agent;
  }

  /** Connects and registers; `extra` goes over the payload. Resolves with `register.ok`. */
  async register(extra: Record<string, unknown> = {}): Promise<Received> {
    this.send('register', registerPayload(this.identity.pulseToken, extra));
    return await this.next('register.ok');
  }

  send(type: WireType, payload: unknown, agentId: string = this.identity.agentId): void {
    const stamp = { id: newMessageId(), ts: formatTimestamp(BigInt(Date.now()) * 1_000n) };
    this.#socket.send(encodeMessage(createMessage(type, agentId, payload as never, stamp)));
  }

  sendRaw(data: string | Buffer, options: { readonly binary?: boolean } = {}): void {
    this.#socket.send(data, { binary: options.binary ?? typeof data !== 'string' });
  }

  /** Resolves at the hub's next ping. */
  async pinged(): Promise<void> {
    await new Promise<void>((resolve) => void this.#socket.once('ping', () => resolve()));
  }

  /** The next message of a type that was not taken yet. */
  async next(type: WireType): Promise<Received> {
    const index = this.received.findIndex((message) => message.type === type);
    const [known] = index < 0 ? [] : this.received.splice(index, 1);
    if (known !== undefined) return known;
    return await new Promise((resolve) => {
      this.#waiting.push({ matches: (message) => message.type === type, resolve });
    });
  }

  /** Resolves once the hub has answered a ping sent now: everything before it has been dealt with. */
  async settle(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.once('pong', () => resolve());
      this.#socket.ping();
    });
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }

  #take(message: Received): void {
    const index = this.#waiting.findIndex((waiting) => waiting.matches(message));
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (waiting === undefined) this.received.push(message);
    else waiting.resolve(message);
  }
}

/** An unopened client socket; without identity no certificate is shown. */
export function newSocket(hub: Hub, identity: Partial<Identity>, path = '/ws/pulse/', options: ClientOptions = {}): WebSocket {
  return new WebSocket(new URL(path, hub.agentsUrl.replace('https', 'wss')), {
    perMessageDeflate: false,
    ...options,
    ...(identity.caPem === undefined ? { rejectUnauthorized: false } : { ca: identity.caPem }),
    ...(identity.certPem === undefined ? {} : { cert: identity.certPem, key: identity.keyPem }),
  });
}

/** The status of a refused upgrade. */
export async function upgradeStatus(hub: Hub, identity: Partial<Identity>, path?: string): Promise<number> {
  const socket = newSocket(hub, identity, path);
  return await new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('open', () => {
      socket.close();
      resolve(101);
    });
    socket.once('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.once('close', () => resolve(-1));
  });
}
