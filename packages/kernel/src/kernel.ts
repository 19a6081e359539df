import { withDeadline } from '@stormpulse/plugin-api/internal';
import { PAYLOAD_SCHEMAS } from '@stormpulse/protocol';
import type { Feature, Payloads, RawEnvelope } from '@stormpulse/protocol';
import { Connection } from './connection/connection.ts';
import type { ConnectionStatus } from './connection/connection.ts';
import { AGENT_FEATURES, LiveSession } from './connection/live-session.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import { PluginHost } from './plugins/host.ts';
import type { Kernel, KernelOptions, KernelStatus } from './kernel-options.ts';
import { buildTable } from './plugins/registry.ts';
import type { CommandTable } from './plugins/registry.ts';
import type { PluginStatus } from './plugin-ports.ts';
import type { ClaimStep, PluginEntry } from './ports.ts';
import { coSignature } from './security/co-signature.ts';
import { createVerifier, unspecified } from './security/verify.ts';
import type { Refusal, Verifier } from './security/verify.ts';

/** How fresh `lastAckAt` is: telling each acknowledgement would rewrite the status file with every push. */
const ACK_TOLD_MS = 60_000;
/** How long a hub that does not answer keeps plugins from starting that start apart. */
const APART_WITHIN_MS = 2_000;
/** Budgets of {@link Kernel.close}, each step on its own. */
const DRAIN_MS = 5_000;
const ABORT_MS = 7_000;
const PLUGINS_MS = 10_000;
const SOCKET_MS = 5_000;

/** Assembles an agent and sets its plugins up. Rejects when a plugin that must start is refused. */
export async function createKernel(options: KernelOptions): Promise<Kernel> {
  const kernel = new AssembledKernel(options);
  await kernel.setUp();
  return kernel;
}

class AssembledKernel implements Kernel {
  readonly #options: KernelOptions;
  readonly #plugins: PluginHost;
  readonly #connection: Connection;
  readonly #ignored = new Map<string, number>();
  #table: CommandTable = buildTable([], '');
  #dispatcher: Dispatcher | undefined;
  #verifier: Verifier | undefined;
  #session: LiveSession | undefined;
  #connectionStatus: ConnectionStatus;
  #features: readonly string[] = [];
  #lastAck: Pick<KernelStatus, 'lastAckAt' | 'clockAheadMs'> = {};
  #closing: Promise<void> | undefined;
  #cancelApart = (): void => undefined;

  constructor(options: KernelOptions) {
    const { ports, timing } = options;
    this.#options = options;
    const { clock, events } = ports;
    this.#plugins = new PluginHost(options.plugins, ports, () => this.#changed());
    this.#connectionStatus = { state: 'closed', since: ports.clock.now(), attempt: 0 };
    this.#connection = new Connection({
      clock,
      random: ports.random,
      transport: ports.transport,
      events,
      logger: ports.logger('connection'),
      minMs: timing.reconnectMinMs,
      maxMs: timing.reconnectMaxMs,
      session: () => this.#newSession(),
      onStatus: (status) => {
        this.#connectionStatus = status;
        if (status.state !== 'live') this.#features = [];
        if (status.state === 'live' || status.state === 'waiting') this.#startApart();
        this.#changed();
      },
    });
  }

  async setUp(): Promise<void> {
    await this.#plugins.setUp().catch((error: unknown) => this.#giveUp(error));
  }

  /** What was begun for an agent that does not start would keep its process alive. */
  async #giveUp(error: unknown): Promise<never> {
    await this.#plugins.stop();
    throw error;
  }

  async start(): Promise<void> {
    const { ports, agentId, hmacKey, timing, dialect, operator } = this.#options;
    this.#offer(await this.#plugins.start().catch((error: unknown) => this.#giveUp(error)));
    const knows = (feature: Feature): boolean => this.#features.includes(feature);
    const push = (): void => {
      ports.results.flush();
      this.#session?.pushNow();
    };
    const dispatcher = new Dispatcher({
      table: () => this.#table,
      gates: () => this.#plugins.gates,
      ports,
      sendResult: (result, claim) => this.#finished(result, claim),
      push,
      knows,
    });
    this.#dispatcher = dispatcher;
    ports.jobs.open({
      command: (name) => this.#table.get(name),
      // Its result may be written, and its record of before a crash be there still.
      resume: (requestId, command, params) => {
        if (!ports.results.has(requestId)) dispatcher.accept({ kind: 'request', requestId, command, params, nonce: '' });
      },
      answer: (result) => {
        if (!ports.results.has(result.request_id)) this.#finished(result);
      },
      progress: (progress) => this.#session?.progress(progress),
      push,
    });
    this.#verifier = createVerifier({
      agentId,
      key: hmacKey,
      crypto: ports.crypto,
      clock: ports.clock,
      nonces: ports.nonces,
      dialect,
      maxAgeSeconds: timing.commandMaxAgeSeconds,
      declaredParams: (command) => Object.keys(this.#table.get(command)?.definition.params.properties ?? {}),
      isCommand: (name) => this.#table.get(name) !== undefined,
      groupOf: (name) => this.#table.get(name)?.group,
      bindsIds: () => knows('request.bind'),
      ...(operator === undefined ? {} : { coSignature: coSignature(operator, () => this.#table) }),
    });
    this.#changed();
    this.#connection.start();
    this.#cancelApart = ports.clock.after(APART_WITHIN_MS, () => this.#startApart());
  }

  async exchange(name: string, entries: readonly PluginEntry[]): Promise<readonly PluginStatus[]> {
    const before = this.#table;
    const tried = await this.#plugins.exchange(name, entries, {
      offer: (table) => this.#offer(table),
      idle: async () => await this.#dispatcher?.whenIdle(name),
    });
    this.#registerAgain(before);
    return tried;
  }

  get status(): KernelStatus {
    const { ports } = this.#options;
    return {
      connection: this.#connectionStatus,
      features: this.#features,
      ...this.#lastAck,
      plugins: this.#plugins.statuses,
      commands: this.#table.names,
      leftOut: this.#plugins.leftOut,
      refusals: ports.refusals.counts,
      ignored: Object.fromEntries(this.#ignored),
      outbox: { waiting: ports.results.size, lost: ports.results.lost },
    };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#shutDown());
  }

  async #shutDown(): Promise<void> {
    const { ports } = this.#options;
    const step = (label: string, ms: number, work: Promise<void>): Promise<void> =>
      withDeadline(ports.clock, work, ms, label).catch((error: unknown) => {
        ports.logger('kernel').error({ err: error }, `closing: ${label} did not end as it should`);
      });
    this.#plugins.freeze();
    this.#cancelApart();
    await step('running commands', DRAIN_MS + ABORT_MS, this.#dispatcher?.drain(DRAIN_MS) ?? Promise.resolve());
    ports.results.flush();
    await step('plugins', PLUGINS_MS, this.#plugins.stop());
    ports.denials?.flush();
    ports.refusals.flush();
    this.#session?.flushEvents();
    await step('the connection', SOCKET_MS, this.#connection.close());
    ports.refusals.flush();
    const { outbox } = this.status;
    if (outbox.waiting > 0)
      ports.logger('kernel').info(outbox, 'results that the hub did not acknowledge are sent at the next start');
    ports.results.close();
    const released = Promise.resolve().then(() => ports.nonces.close());
    await step('the nonce store', SOCKET_MS, released);
  }

  /** Not before the first attempt to register is over: starting programs would delay it. */
  #startApart(): void {
    this.#cancelApart();
    this.#plugins.startApart((table) => this.#registerAgain(this.#table, table));
  }

  #offer(table: CommandTable): void {
    this.#table = table;
    this.#options.operator?.offered(table.manifest);
    const names = this.#plugins.statuses.map(({ name }) => name);
    this.#options.ports.manifest?.offered(table, names);
  }

  /** Where other commands are offered than were. */
  #registerAgain(before: CommandTable, now = this.#table): void {
    if (now !== this.#table) this.#offer(now);
    this.#changed();
    if (JSON.stringify(now.manifest) === JSON.stringify(before.manifest)) return;
    this.#options.ports.results.flush();
    this.#connection.renew('what this agent offers has changed');
  }

  #newSession(): LiveSession {
    const { ports, agentId, dialect, timing } = this.#options;
    ports.refusals.newConnection();
    this.#session = new LiveSession({
      ports,
      agentId,
      dialect,
      heartbeatMs: timing.heartbeatMs,
      pushMs: timing.pushMs,
      register: () => this.#register(),
      metrics: (features) => this.#metrics(features),
      onSigned: (message) => void this.#signed(message),
      onAcknowledged: (features, ts) => {
        const now = ports.clock.now();
        const quiet = this.#features.length === features.size && now - (this.#lastAck.lastAckAt ?? 0) < ACK_TOLD_MS;
        this.#features = [...features];
        if (quiet) return;
        const clockAheadMs = Math.round(now - Date.parse(ts));
        this.#lastAck = { lastAckAt: now, ...(Number.isNaN(clockAheadMs) ? {} : { clockAheadMs }) };
        this.#changed();
      },
      onIgnored: (reason) => count(this.#ignored, reason),
    });
    return this.#session;
  }

  async #signed(message: RawEnvelope): Promise<void> {
    try {
      const verdict = await this.#verifier?.verify(message);
      if (verdict === undefined) return;
      if (verdict.kind === 'refused') this.#refused(verdict);
      else this.#dispatcher?.accept(verdict);
    } catch (error) {
      // A bug of ours or of a port: one message is lost, with a word, and not the agent with all it runs.
      this.#options.ports.logger('verify').error({ err: error }, 'a signed message was not acted on');
      this.#refused(unspecified(message));
    }
  }

  #finished(result: Payloads['command.result'], claim?: ClaimStep): void {
    this.#options.ports.results.add(result, claim);
    this.#session?.flushEventsSoon();
    this.#changed();
  }

  #refused(refusal: Refusal): void {
    if (this.#options.ports.refusals.add(refusal)) this.#connection.drop('too many bad signatures');
    this.#session?.flushEventsSoon();
    this.#changed();
  }

  #register(): Payloads['register'] {
    const { version, pulseToken, inventory, ports } = this.#options;
    return {
      version,
      pulse_token: pulseToken,
      commands: { ...this.#table.manifest },
      integrations: ports.collectors.integrations(this.#plugins.statuses, new Set()),
      log_groups: null,
      system_inventory: inventory,
      ...ports.collectors.v1Signoff(),
      wire_contract: null,
      features: [...AGENT_FEATURES],
      ...(ports.policy?.rules === undefined ? {} : { policy: ports.policy.rules }),
    };
  }

  async #metrics(features: ReadonlySet<string>): Promise<Payloads['metrics.push'] | undefined> {
    const { collectors, jobs, audit } = this.#options.ports;
    await collectors.collectForPush();
    const fields = { containers: [], ...collectors.v1Metrics() };
    // A push without one of v1's fields would be refused whole; the state of the collector that failed says why.
    if (V1_METRICS.some((name) => !Object.hasOwn(fields, name))) return undefined;
    const integrations = collectors.integrations(this.#plugins.statuses, features);
    const head = features.has('audit.head') && audit?.head !== undefined ? { audit_head: audit.head } : {};
    return { ...fields, integrations, jobs: jobs.counters(), ...head } as unknown as Payloads['metrics.push'];
  }

  #changed(): void {
    this.#options.onStatus?.(() => this.status);
  }
}

/** What v1 requires of a push and no port fills (wire page, 7.1). */
const V1_METRICS = PAYLOAD_SCHEMAS['metrics.push'].required?.filter((name) => name !== 'integrations') ?? [];

function count(counters: Map<string, number>, reason: string): void {
  counters.set(reason, (counters.get(reason) ?? 0) + 1);
}
