import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMessage, encodeMessage, formatTimestamp } from '@stormpulse/protocol';
import type { MessageType } from '@stormpulse/protocol';
import { newMessageId } from '@stormpulse/protocol/node';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { x509 } from '../src/ca/x509.ts';
import { createHub } from '../src/index.ts';
import type { Hub, HubOptions } from '../src/index.ts';

/** One answer over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json(): Record<string, unknown>;
}

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
  readonly type: MessageType;
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

  send(type: MessageType, payload: unknown, agentId: string = this.identity.agentId): void {
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
  async next(type: MessageType): Promise<Received> {
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

/** A v1 `register` payload; an agent with features says so in `extra`. */
export function registerPayload(pulseToken: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  const command = (more: object): object => ({
    group: 'diagnostics',
    description: 'shows',
    template: ['show', '{what}'],
    timeout: 30,
    requires_confirmation: false,
    long_running: false,
    params: { what: { default: null, pattern: '[a-z]+', description: '' } },
    ...more,
  });
  return {
    version: '0.3.2',
    pulse_token: pulseToken,
    commands: {
      show: command({}),
      wipe: command({ requires_confirmation: true, params: {} }),
      move: command({ long_running: true, params: {} }),
    },
    integrations: { caddy: { status: 'disabled_choice', disabled_reason: null, state: null } },
    log_groups: ['app'],
    system_inventory: {
      os: { id: 'debian', version: '12', pretty: 'Debian GNU/Linux 12 (bookworm)' },
      kernel: '6.1',
      services: [],
    },
    signoff_sealed: true,
    unsealed_since: null,
    wire_contract: null,
    ...extra,
  };
}

/** A `metrics.push` payload. */
export function metricsPayload(extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    cpu_percent: 12.3,
    memory_percent: 45.1,
    memory_used_mb: 512.5,
    memory_total_mb: 1024,
    disk_percent: 33.3,
    disk_used_gb: 10,
    disk_total_gb: 30,
    load_avg_1m: 0.41,
    load_avg_5m: 0.3,
    uptime_seconds: 12345.6,
    containers: [{ name: 'web', status: 'running', image: 'web:1' }],
    integrations: null,
    jobs: { pending: 0, running: 0, quota_pending: 0, quota_running: 0, quota_rejected: 0 },
    ...extra,
  };
}

/** A `command.result` payload. */
export function resultPayload(requestId: string, command: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    request_id: requestId,
    command,
    group: 'diagnostics',
    success: true,
    exit_code: 0,
    stdout: 'seen\n',
    stderr: '',
    duration_ms: 12,
    sequence_id: null,
    failure_reason: null,
    ...extra,
  };
}

/** A person's browser. */
export class Person {
  readonly #base: URL;
  #cookie: string | undefined;
  #csrf: string | undefined;

  constructor(hub: Hub) {
    this.#base = new URL(hub.peopleUrl);
  }

  /** Signs in with a fresh link. */
  static async signedIn(hub: Hub): Promise<Person> {
    const person = new Person(hub);
    const code = new URL(await hub.setupLink()).hash.slice(1);
    const answer = await person.call('POST', '/api/v1/setup', { code });
    if (answer.status !== 200) throw new Error(`sign-in failed: ${answer.text}`);
    return person;
  }

  /** One call as the dashboard makes it; `headers` go over the usual ones, an empty value removes one. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const usual: Record<string, string> = {
      host: this.#base.host,
      origin: this.#base.origin,
      'sec-fetch-site': 'same-origin',
      'content-length': String(Buffer.byteLength(text)),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(this.#cookie === undefined ? {} : { cookie: this.#cookie }),
      ...(this.#csrf === undefined ? {} : { 'x-sp-csrf': this.#csrf }),
      ...headers,
    };
    const sent = Object.fromEntries(Object.entries(usual).filter(([, value]) => value !== ''));
    const url = { host: '127.0.0.1', port: this.#base.port, method, path, headers: sent, agent: false };
    const answer = await exchange(httpRequest(url), text);
    const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0];
    if (cookie !== undefined) this.#cookie = cookie;
    if (path === '/api/v1/setup' && answer.status === 200) this.#csrf = String(answer.json()['csrf']);
    return answer;
  }

  /** Runs a command; a fresh key each time unless told. */
  async run(order: object, key: string = newMessageId()): Promise<Answer> {
    return await this.call('POST', '/api/v1/runs', order, { 'idempotency-key': key });
  }

  /** Opens server-sent events. */
  async stream(path: string): Promise<EventStream> {
    const { host, origin, port } = this.#base;
    const headers = { host, origin, cookie: this.#cookie ?? '', accept: 'text/event-stream' };
    return await EventStream.open(httpRequest({ host: '127.0.0.1', port, path, headers, agent: false }));
  }

  get cookie(): string {
    return this.#cookie ?? '';
  }
}

/** A reader of server-sent events. */
export class EventStream {
  readonly status: number;
  readonly closed: Promise<void>;
  readonly #response: IncomingMessage;
  readonly #events: { event: string; data: Record<string, unknown> }[] = [];
  #wake: (() => void) | undefined;

  private constructor(response: IncomingMessage) {
    this.status = response.statusCode ?? 0;
    this.#response = response;
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    });
    response.on('error', () => undefined);
    this.closed = new Promise((resolve) => void response.once('close', () => resolve()));
  }

  static async open(request: ReturnType<typeof httpRequest>): Promise<EventStream> {
    return await new Promise((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => resolve(new EventStream(response)));
      request.end();
    });
  }

  /** The next event of a kind that fits, passing over others. */
  async until(event: string, fits: (data: Record<string, unknown>) => boolean = () => true): Promise<Record<string, unknown>> {
    for (;;) {
      const next = this.#events.shift();
      if (next === undefined) await new Promise<void>((resolve) => void (this.#wake = resolve));
      else if (next.event === event && fits(next.data)) return next.data;
    }
  }

  close(): void {
    this.#response.destroy();
  }

  #take(block: string): void {
    const event = /^event: (.+)$/m.exec(block)?.[1];
    const data = /^data: (.+)$/m.exec(block)?.[1];
    if (event === undefined || data === undefined) return;
    this.#events.push({ event, data: JSON.parse(data) as Record<string, unknown> });
    this.#wake?.();
  }
}

async function exchange(request: ReturnType<typeof httpRequest>, body: string): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        const json = (): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
      });
      response.on('error', reject);
    });
    request.end(body);
  });
}
