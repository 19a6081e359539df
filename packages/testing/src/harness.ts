import { createKernel } from '@stormpulse/kernel';
import type { Kernel, KernelStatus } from '@stormpulse/kernel';
import type { EventType, Infer, LogRecord, Plugin, TSchema } from '@stormpulse/plugin-api';
import { definitionOf } from '@stormpulse/plugin-api/internal';
import type { Grants } from '@stormpulse/plugin-api/internal';
import type { Payloads } from '@stormpulse/protocol';
import { newMessageId, nodeCrypto } from '@stormpulse/protocol/node';
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
import type { JobStore, PluginServicesOfAgent, ProbeAnswer, StoreRows } from '@stormpulse/services';
import { FakeClock, settle } from './fakes/clock.ts';
import { FakeHttp } from './fakes/http.ts';
import { AGENT, HarnessHub, KEY } from './fakes/hub.ts';
import type { CallResult } from './fakes/hub.ts';
import { createMemoryJobStore } from './fakes/job-store.ts';
import { createMemoryLogger } from './fakes/logger.ts';
import type { LoggedLine } from './fakes/logger.ts';
import { createMemoryNonceStore } from './fakes/nonces.ts';
import { createMemoryResultStore } from './fakes/results.ts';
import { FakeRunner } from './fakes/runner.ts';
import { createFakeSecrets } from './fakes/secrets.ts';
import { createMemoryStores } from './fakes/stores.ts';

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
  /** What plugins of an earlier agent of this host kept, from `createMemoryStores()`. Default: nothing. */
  readonly stores?: StoreRows;
  /** What `{ file = "…" }` and `{ env = "…" }` of the config hold, by that path or name. Default: no secret is there. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Waits until a plugin whose code runs elsewhere is at rest. Default: some turns of the event loop. */
  readonly settle?: () => Promise<void>;
}

/** The real kernel, registry, verification and dispatch, with clock, processes, store and hub replaced. */
export interface Harness extends AsyncDisposable {
  /** What the plugin runs: `exec.on('/bin/df', /-k/, { stdout })`; without a rule an empty success. */
  readonly exec: Pick<FakeRunner, 'on' | 'hold' | 'calls'>;
  /**
   * What the plugin reaches by HTTP, behind the same grants and schemas as on a host: `http.on('GET /v1/things', [{ id: 1 }])`; without
   * a rule nobody answers.
   */
  readonly http: Pick<FakeHttp, 'on' | 'calls'>;
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
  /** Every event that the hub got, flat as on the wire; they leave with the next push (`advance`). */
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** What the plugin emitted, in order, its payload as it was given. */
  readonly emitted: readonly { readonly id: string; readonly payload: unknown }[];
  /** Emits an event of another plugin, and lets what follows from it settle. Throws `E_EVENT_INVALID`. */
  emit<S extends TSchema>(event: EventType<S>, payload: Infer<S>): Promise<void>;
  /** One line through the parser `<plugin>.<id>`; undefined: it drops the line. Rejects with what the parser throws, and when there is none. */
  parseLog(parser: string, line: string): Promise<LogRecord | undefined>;
  /** Asks the probe `<plugin>.<id>` now, whatever its period. Rejects with `E_PROBE_UNKNOWN`. */
  probe(id: string): Promise<ProbeAnswer>;
  readonly log: readonly LoggedLine[];
  readonly status: KernelStatus;
  readonly clock: FakeClock;
  close(): Promise<void>;
}

const PUSH_MS = 15_000;

/** Starts an agent with one plugin and connects it to a hub in memory. Rejects with what refused the plugin. */
export async function createHarness(plugin: Plugin, options: HarnessOptions = {}): Promise<Harness> {
  const clock = new FakeClock(undefined, options.settle);
  const runner = options.exec ?? new FakeRunner();
  const log: LoggedLine[] = [];
  const hub = new HarnessHub();
  const events = createEventLog({ clock, newId: newMessageId });
  const logger = createMemoryLogger(log);
  const collectors = createCollectorService({ clock, random: () => 0, events });
  const store = options.jobs ?? createMemoryJobStore();
  const results = createResultOutbox({ store: createMemoryResultStore(), clock, events, logger: logger('results') });
  const http = new FakeHttp();
  const emitted: { readonly id: string; readonly payload: unknown }[] = [];
  const services = createPluginServices({
    clock,
    random: () => 0.5,
    events,
    stores: options.stores ?? createMemoryStores(),
    reveal: createFakeSecrets(options.secrets ?? {}),
    exchange: http.exchange,
  });
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
      services: recordingEmitted(services, emitted),
      denials: services.denials,
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
    http,
    emitted,
    async emit(event, payload) {
      const signal = new AbortController().signal;
      const name = event.id.split('.', 1)[0] ?? '';
      const other = { name, firstParty: true, capabilities: {}, logger: logger(name), signal, onHealth: () => undefined };
      const opened = services.open(other);
      opened.emit(event, payload);
      opened.close();
      await settle();
    },
    async parseLog(parser, line) {
      const { parsers } = services.logCatalogue();
      const found = parsers.find(({ id }) => id === parser);
      if (found === undefined)
        throw new Error(`there is no parser "${parser}"; there is: ${parsers.map(({ id }) => id).join(', ') || 'none'}`);
      return await found.parse(line);
    },
    probe: (id) => services.askProbe(id),
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

function recordingEmitted(
  services: PluginServicesOfAgent,
  emitted: { readonly id: string; readonly payload: unknown }[],
): PluginServicesOfAgent['open'] {
  return (owner) => {
    const opened = services.open(owner);
    return {
      ...opened,
      emit(event, payload) {
        opened.emit(event, payload);
        emitted.push({ id: event.id, payload });
      },
    };
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
