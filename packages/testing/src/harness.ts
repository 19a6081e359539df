import { createKernel } from '@stormpulse/kernel';
import type { Grants, Kernel, KernelStatus } from '@stormpulse/kernel';

import type { Plugin } from '@stormpulse/plugin-api';
import { definitionOf } from '@stormpulse/plugin-api/internal';
import { boundRequestId, createMessage, encodeMessage, formatTimestamp, signRequest } from '@stormpulse/protocol';
import type { Payloads } from '@stormpulse/protocol';
import { newMessageId, newNonce, nodeCrypto } from '@stormpulse/protocol/node';
import {
  createCollectorService,
  createEventLog,
  createJobQueue,
  createJobService,
  createPluginServices,
  createRefusalLog,
  createResultOutbox,
  createWorkQueue,
} from '@stormpulse/services';
import type { JobStore } from '@stormpulse/services';
import { FakeClock, settle } from './fakes/clock.ts';
import { createMemoryJobStore } from './fakes/job-store.ts';
import { createMemoryLogger } from './fakes/logger.ts';
import type { LoggedLine } from './fakes/logger.ts';
import { createMemoryNonceStore } from './fakes/nonces.ts';
import { createMemoryResultStore } from './fakes/results.ts';
import { FakeRunner } from './fakes/runner.ts';
import { FakeTransport } from './fakes/transport.ts';
import type { FakeLink } from './fakes/transport.ts';

export interface HarnessOptions {
  readonly config?: object;
  /** Default: everything the plugin asks for. */
  readonly grants?: Grants;
  /** Default true: the plugins of this repository may use wire names and v1 fields. */
  readonly firstParty?: boolean;
  /** The host's processes, for what runs as soon as the agent starts. Default: new ones. */
  readonly exec?: FakeRunner;
  /** Jobs that an earlier agent of this host left, from `createMemoryJobStore()`. Default: none. */
  readonly jobs?: JobStore;
}

/** What one call came to, as the hub got it in `command.result`. */
export interface CallResult {
  readonly success: boolean;
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly failure_reason: string | null;
  readonly group: string;
  readonly command: string;
}

/** The real kernel, registry, verification and dispatch, with clock, processes, store and hub replaced. */
export interface Harness extends AsyncDisposable {
  readonly exec: Pick<FakeRunner, 'on' | 'hold' | 'calls'>;
  /** Through the whole path: a signed frame in, a result out. `docker.logs` or the wire name. Rejects when it did not succeed. */
  run(command: string, params?: Readonly<Record<string, string | number | boolean>>): Promise<unknown>;
  /** The same, giving the result whatever it is. */
  call(command: string, params?: Readonly<Record<string, string | number | boolean>>): Promise<CallResult>;
  /** Every `command.result`, also of jobs that an earlier agent took. */
  readonly results: readonly CallResult[];
  /** What jobs told of how far they are, as the hub got it. */
  readonly progress: readonly Payloads['command.progress'][];
  /** Moves the fake clock; collectors and timers fire. */
  advance(ms: number): Promise<void>;
  /** The published state of `<plugin>.<id>`. */
  state(collector: string): unknown;
  /** The payload of the last `metrics.push` the hub got. */
  readonly metrics: Readonly<Record<string, unknown>> | undefined;
  /** The `commands` of `register`. */
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly log: readonly LoggedLine[];
  readonly status: KernelStatus;
  readonly clock: FakeClock;
  close(): Promise<void>;
}

const AGENT = 'harness';
const KEY = new TextEncoder().encode('harness-key-of-thirty-two-bytes!');
const PUSH_MS = 15_000;

/** Starts an agent with one plugin and connects it to a hub in memory. Rejects with what refused the plugin. */
export async function createHarness(plugin: Plugin, options: HarnessOptions = {}): Promise<Harness> {
  const clock = new FakeClock();
  const runner = options.exec ?? new FakeRunner();
  const log: LoggedLine[] = [];
  const hub = new HarnessHub();
  const events = createEventLog({ clock, newId: newMessageId });
  const logger = createMemoryLogger(log);
  const collectors = createCollectorService({ clock, random: () => 0, events });
  const store = options.jobs ?? createMemoryJobStore();
  const results = createResultOutbox({ store: createMemoryResultStore(), clock, events, logger: logger('results') });
  const kernel: Kernel = await createKernel({
    agentId: AGENT,
    version: '0.0.0',
    pulseToken: 'harness',
    hmacKey: KEY,
    dialect: 'hardened',
    timing: { reconnectMinMs: 3_000, reconnectMaxMs: 60_000, heartbeatMs: 30_000, pushMs: PUSH_MS, commandMaxAgeSeconds: 60 },
    inventory: null,
    plugins: [
      {
        name: definitionOf(plugin)?.name ?? 'unnamed',
        load: () => Promise.resolve(plugin),
        config: options.config ?? {},
        firstParty: options.firstParty ?? true,
        grants: options.grants ?? 'all',
        startup: 'error',
      },
    ],
    ports: {
      clock,
      crypto: nodeCrypto,
      random: () => 0.5,
      newId: newMessageId,
      transport: hub.transport,
      nonces: createMemoryNonceStore(),
      results,
      queue: createWorkQueue(),
      runner,
      programs: { problemWith: () => undefined },
      collectors,
      services: createPluginServices(),
      refusals: createRefusalLog({ clock, events, logger: logger('verify') }),
      jobs: createJobService({ clock, collectors, events, store, queue: createJobQueue(), logger: logger('jobs') }),
      events,
      logger,
    },
  });
  await kernel.start();
  await settle();
  const call: Harness['call'] = async (command, params = {}) => {
    const name = command.includes('.') ? command.replace('.', '_') : command;
    return await hub.request(clock, name, Object.fromEntries(Object.entries(params).map(([key, value]) => [key, String(value)])));
  };
  return {
    exec: runner,
    call,
    async run(command, params) {
      const result = await call(command, params);
      if (!result.success) throw new Error(`${result.failure_reason ?? 'failed'}: ${result.stderr}`);
      return parsed(result.stdout);
    },
    advance: (ms) => clock.advance(ms),
    state: (collector) => collectors.states().find((entry) => `${entry.plugin}.${entry.collector}` === collector)?.state,
    get metrics() {
      return hub.last('metrics.push');
    },
    get manifest() {
      return (hub.last('register')?.['commands'] ?? {}) as Readonly<Record<string, unknown>>;
    },
    get events() {
      return hub.all('events.batch').flatMap((payload) => payload['events'] as Readonly<Record<string, unknown>>[]);
    },
    get progress() {
      return hub.all('command.progress') as unknown as Payloads['command.progress'][];
    },
    get results() {
      return hub.all('command.result') as unknown as CallResult[];
    },
    log,
    get status() {
      return kernel.status;
    },
    clock,
    close: () => closeAll(kernel, clock),
    [Symbol.asyncDispose]: () => closeAll(kernel, clock),
  };
}

/** Closing waits for deadlines of the fake clock, so time has to move until it is done. */
async function closeAll(kernel: Kernel, clock: FakeClock): Promise<void> {
  let closed = false;
  const closing = kernel.close().then(() => {
    closed = true;
  });
  for (let turn = 0; turn < 60 && !closed; turn += 1) await clock.advance(1_000);
  await closing;
}

function parsed(stdout: string): unknown {
  try {
    return JSON.parse(stdout) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return stdout;
    throw error;
  }
}

/** The other end in memory: acknowledges, signs, and hands results to whoever asked. */
class HarnessHub {
  readonly transport: FakeTransport;
  readonly #messages: { readonly type: string; readonly payload: Readonly<Record<string, unknown>> }[] = [];
  readonly #waiting = new Map<string, (result: CallResult) => void>();

  constructor() {
    this.transport = new FakeTransport((message, link) => this.#received(message, link));
  }

  all(type: string): readonly Readonly<Record<string, unknown>>[] {
    return this.#messages.filter((message) => message.type === type).map((message) => message.payload);
  }

  last(type: string): Readonly<Record<string, unknown>> | undefined {
    return this.all(type).at(-1);
  }

  request(clock: FakeClock, command: string, params: Readonly<Record<string, string>>): Promise<CallResult> {
    const link = this.transport.current;
    if (link === undefined) return Promise.reject(new Error('the agent is not connected'));
    const ts = formatTimestamp(BigInt(Math.trunc(clock.now() * 1_000)));
    const nonce = newNonce();
    const id = boundRequestId(nodeCrypto, nonce);
    const hmac = signRequest(nodeCrypto, KEY, { command, params, nonce, ts });
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      link.deliver(encodeMessage(createMessage('command.request', AGENT, { command, params, hmac, nonce }, { id, ts })));
    });
  }

  #received(message: Record<string, unknown>, link: FakeLink): void {
    const type = String(message['type']);
    const payload = message['payload'] as Readonly<Record<string, unknown>>;
    this.#messages.push({ type, payload });
    if (type === 'register') this.#answer(link, 'register.ok', { features: payload['features'] as string[] });
    if (type === 'events.batch') this.#answer(link, 'events.batch.ack', { batch_id: payload['batch_id'] as string });
    if (type === 'command.result') {
      const id = String(payload['request_id']);
      this.#answer(link, 'command.result.ack', { request_id: id });
      this.#waiting.get(id)?.(payload as unknown as CallResult);
      this.#waiting.delete(id);
    }
  }

  #answer(link: FakeLink, type: string, payload: object): void {
    setImmediate(() =>
      link.deliver(JSON.stringify({ v: 1, type, id: newMessageId(), ts: '2026-01-01T00:00:00Z', agent_id: AGENT, payload })),
    );
  }
}
