import { spawn } from 'node:child_process';
import { request } from 'node:https';
import { WebSocket } from 'ws';
import { createCsr } from './certificates.ts';
import { Inbox } from './inbox.ts';
import { envelope, hmacOfRequest, wireTime } from './v1-wire.ts';
import type { WireMessage } from './v1-wire.ts';

/** What enrolment leaves on a v1 host: the five files, as texts. */
export interface V1Credentials {
  readonly agentId: string;
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
  readonly hmacKey: Buffer;
  /** Keys of the answer that v1 does not know and ignores. */
  readonly ignored: Readonly<Record<string, unknown>>;
}

/** A command of the double's table: argv without placeholders. */
export type V1Commands = Readonly<Record<string, readonly string[]>>;

export interface V1AgentOptions {
  readonly url: string;
  readonly credentials: V1Credentials;
  readonly pulseToken: string;
  readonly commands: V1Commands;
  readonly heartbeatMs: number;
  readonly pushMs: number;
  /** v1's is 20 s for both; a test may be in a hurry. */
  readonly pingMs?: number;
}

/** The receive queue of v1's library; beyond it reading pauses (wire page, 6.2). */
const QUEUE_FRAMES = 16;

/**
 * Enrols as v1 does: one POST, JSON of three keys, verified by the roots in `trustPem` only (what `SSL_CERT_FILE` names).
 * Rejects with the hub's status and text.
 */
export async function enrolV1Agent(endpoint: string, agentId: string, token: string, trustPem: string): Promise<V1Credentials> {
  const { csrPem, key } = await createCsr(agentId);
  const { status, body } = await post(endpoint, JSON.stringify({ agent_id: agentId, token, csr_pem: csrPem }), trustPem);
  if (status < 200 || status > 299) throw new Error(`enrolment answered ${status}: ${body}`);
  const { client_cert_pem: cert, ca_cert_pem: ca, hmac_key, ...ignored } = JSON.parse(body) as Readonly<Record<string, unknown>>;
  if (typeof cert !== 'string' || typeof ca !== 'string' || typeof hmac_key !== 'string')
    throw new Error(`a key is missing in ${body}`);
  return { agentId, key, cert, ca, hmacKey: stripKey(Buffer.from(hmac_key, 'base64')), ignored };
}

/** v1 reads its key file stripped of ASCII white space (wire page, 3.2). */
export function stripKey(raw: Buffer): Buffer {
  const blank = (byte: number | undefined): boolean => byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
  let [from, to] = [0, raw.length];
  while (from < to && blank(raw[from])) from += 1;
  while (to > from && blank(raw[to - 1])) to -= 1;
  return raw.subarray(from, to);
}

/**
 * An agent as the Python one of 0.3.x behaves, written from the wire page: no `features`, one command at a time inside the
 * receive loop, a queue of 16 frames, and a link that it drops with 1011 when pongs stay unread behind it (14.13).
 */
export class V1Agent {
  readonly received = new Inbox();
  /** The most frames that ever waited behind a command. */
  deepestQueue = 0;
  /** Pongs the hub sent and this agent read. */
  pongs = 0;
  /** Commands that ran, in order. */
  readonly ran: string[] = [];
  readonly #options: V1AgentOptions;
  readonly #socket: WebSocket;
  readonly #queue: WireMessage[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #busy = false;
  readonly closed: Promise<number>;

  private constructor(options: V1AgentOptions, socket: WebSocket) {
    this.#options = options;
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code) => {
        this.#timers.forEach((timer) => clearInterval(timer));
        resolve(code);
      });
    });
  }

  /** Connects, registers, and starts heartbeat and metrics without waiting for an answer. */
  static async connect(options: V1AgentOptions): Promise<V1Agent> {
    const { cert, key, ca } = options.credentials;
    const socket = new WebSocket(options.url, {
      cert,
      key,
      ca,
      minVersion: 'TLSv1.2',
      perMessageDeflate: false,
      maxPayload: 1024 * 1024,
    });
    const agent = new V1Agent(options, socket);
    socket.on('message', (data) => agent.#take((data as Buffer).toString('utf8')));
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => undefined);
    agent.#start();
    return agent;
  }

  send(type: string, payload: object): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify(envelope(type, this.#options.credentials.agentId, payload)));
  }

  heartbeat(): void {
    this.send('heartbeat', {});
  }

  metrics(): void {
    this.send('metrics.push', METRICS);
  }

  async close(): Promise<void> {
    this.#socket.close(1000);
    await this.closed;
  }

  #start(): void {
    const { heartbeatMs, pushMs, pingMs = 20_000 } = this.#options;
    this.send('register', this.#register());
    this.heartbeat();
    this.metrics();
    this.#timers.push(
      setInterval(() => this.heartbeat(), heartbeatMs),
      setInterval(() => this.metrics(), pushMs),
    );
    let answered = true;
    this.#socket.on('pong', () => {
      this.pongs += 1;
      answered = true;
    });
    const ping = setInterval(() => {
      if (!answered) {
        // Nothing is read any more, so no closing handshake can end: v1's library drops the socket after its close frame.
        this.#socket.close(1011, 'keepalive ping timeout');
        this.#socket.terminate();
        return;
      }
      answered = false;
      this.#socket.ping();
    }, pingMs);
    this.#timers.push(ping);
  }

  /** No `features`, as 0.3.2 registers. */
  #register(): object {
    const { commands, pulseToken } = this.#options;
    return {
      version: '0.3.2',
      pulse_token: pulseToken,
      commands: Object.fromEntries(Object.entries(commands).map(([name, argv]) => [name, manifestEntry(argv)])),
      integrations: null,
      log_groups: null,
      system_inventory: null,
      signoff_sealed: true,
      unsealed_since: null,
      wire_contract: 'sha256:f7ba4418f3d174c758c9e10449d9127b1c8b8765f2f9c21c4f9d349279451e55',
    };
  }

  #take(text: string): void {
    const message = JSON.parse(text) as WireMessage;
    this.#queue.push(message);
    this.deepestQueue = Math.max(this.deepestQueue, this.#queue.length);
    if (this.#queue.length >= QUEUE_FRAMES) this.#socket.pause();
    void this.#work();
  }

  /** The receive loop: serial, and it waits for each command. */
  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
      if (this.#socket.isPaused && this.#queue.length < QUEUE_FRAMES) this.#socket.resume();
      this.received.push(message);
      if (message.type === 'command.request') await this.#run(message);
    }
    this.#busy = false;
  }

  async #run(message: WireMessage): Promise<void> {
    const { commands, credentials } = this.#options;
    const { command, params, nonce, hmac } = message.payload as {
      command: string;
      params: Record<string, string>;
      nonce: string;
      hmac: string;
    };
    if (hmacOfRequest(credentials.hmacKey, { command, params, nonce, ts: message.ts }) !== hmac) return;
    if (Math.abs(Date.parse(wireTime()) - Date.parse(message.ts)) > 60_000) return;
    const argv = commands[command];
    const outcome = argv === undefined ? REFUSED : await spawned(argv);
    this.ran.push(command);
    const group = argv === undefined ? 'unknown' : 'maintenance';
    this.send('command.result', { request_id: message.id, command, group, ...outcome, sequence_id: null });
  }
}

interface Outcome {
  readonly success: boolean;
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly duration_ms: number;
  readonly failure_reason: string | null;
}

const REFUSED: Outcome = {
  success: false,
  exit_code: -1,
  stdout: '',
  stderr: 'Unknown command',
  duration_ms: 0,
  failure_reason: 'validation_failed',
};

const METRICS = {
  cpu_percent: 12.5,
  memory_percent: 40,
  memory_used_mb: 819.2,
  memory_total_mb: 2048,
  disk_percent: 55.1,
  disk_used_gb: 11,
  disk_total_gb: 20,
  load_avg_1m: 0.5,
  load_avg_5m: 0.25,
  uptime_seconds: 3600.5,
  containers: [],
  integrations: null,
  jobs: { pending: 0, running: 0, quota_pending: 0, quota_running: 0, quota_rejected: 0 },
};

function manifestEntry(argv: readonly string[]): object {
  const template = argv.map((word) => (/^\/.*\//u.test(word) ? word.slice(word.lastIndexOf('/') + 1) : word));
  return {
    group: 'maintenance',
    description: 'a command of the double',
    template,
    timeout: 60,
    requires_confirmation: false,
    long_running: false,
    params: {},
  };
}

async function spawned(argv: readonly string[]): Promise<Outcome> {
  const begun = performance.now();
  const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise<number>((resolve) => {
    child.once('error', () => resolve(-1));
    child.once('close', (exitCode) => resolve(exitCode ?? -1));
  });
  return {
    success: code === 0,
    exit_code: code,
    stdout: Buffer.concat(stdout).toString('utf8'),
    stderr: Buffer.concat(stderr).toString('utf8'),
    duration_ms: Math.trunc(performance.now() - begun),
    failure_reason: code === 0 ? null : 'exit_code',
  };
}

async function post(url: string, body: string, ca: string): Promise<{ readonly status: number; readonly body: string }> {
  return await new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const sent = request(url, { method: 'POST', ca, headers, timeout: 30_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
