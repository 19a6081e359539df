import { createKernel } from '@stormpulse/kernel';
import type { Kernel, KernelOptions, NonceStore, Ports } from '@stormpulse/kernel';
import { Type, definePlugin, handler, subprocess } from '@stormpulse/plugin-api';
import type { Plugin } from '@stormpulse/plugin-api';
import { canonicalSequence, createMessage, encodeMessage, formatTimestamp, hmacHex, signRequest } from '@stormpulse/protocol';
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
import type { JobStore, ResultStore } from '@stormpulse/services';
import { FakeClock, FakeRunner, FakeTransport, createMemoryJobStore, createMemoryLogger } from '@stormpulse/testing';
import {
  createFakeSecrets,
  createMemoryNonceStore,
  createMemoryResultStore,
  createMemoryStores,
  settle,
} from '@stormpulse/testing';
import type { FakeLink, LoggedLine } from '@stormpulse/testing';

export const AGENT = 'node-7';
/** What a host's file says unless told. */
export const TIMING = {
  reconnectMinMs: 3_000,
  reconnectMaxMs: 60_000,
  heartbeatMs: 30_000,
  pushMs: 15_000,
  commandMaxAgeSeconds: 60,
};
export const KEY = new TextEncoder().encode('0123456789abcdef0123456789abcdef');

/** One command of each kind; `wait` ends when the test says so. */
export function testPlugin(gate: { readonly wait: (signal: AbortSignal) => Promise<void> }): Plugin {
  return definePlugin({
    name: 'demo',
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'For tests.',
    configSchema: Type.Object({}),
    capabilities: () => ({ exec: ['/bin/mark'], commands: 'write' }),
    setup({ commands }) {
      const word = Type.String({ pattern: '^[a-z]+$', maxLength: 20 });
      commands.register(
        subprocess({
          id: 'mark',
          title: 'Leave a mark',
          effect: 'write',
          timeout: '5s',
          params: Type.Object({ a: Type.Optional(word), b: Type.Optional(word) }),
          file: '/bin/mark',
          argv: (slot) => [slot.a, slot.b],
        }),
        handler({
          id: 'wait',
          title: 'Wait',
          effect: 'read',
          timeout: '600s',
          params: Type.Object({}),
          result: Type.String(),
          run: async ({ signal }) => {
            await gate.wait(signal);
            return 'done';
          },
        }),
      );
    },
  });
}

export interface Rig {
  readonly kernel: Kernel;
  readonly clock: FakeClock;
  readonly runner: FakeRunner;
  readonly transport: FakeTransport;
  readonly nonces: ReturnType<typeof createMemoryNonceStore>;
  readonly log: readonly LoggedLine[];
  readonly link: FakeLink;
  /** Payloads of one type that the hub got on any connection. */
  sent(type: string): Record<string, unknown>[];
  /** A signed request as text; overrides replace what is signed or what is sent. */
  request(command: string, params?: Record<string, string>, change?: Change): string;
  sequence(commands: string[], stopOnFailure?: boolean): string;
  deliver(frame: string): Promise<void>;
  close(): Promise<void>;
}

export interface Change {
  readonly id?: string;
  readonly nonce?: string;
  /** Seconds that the signed time differs from now. */
  readonly shift?: number;
  readonly agentId?: string;
  readonly hmac?: string;
}

/** A live agent in memory, connected to a hub that acknowledges nothing unless `onMessage` does. */
export async function startRig(
  options: {
    readonly plugin?: Plugin;
    readonly nonces?: NonceStore;
    readonly resultStore?: ResultStore;
    /** Jobs that an earlier agent left. */
    readonly jobs?: JobStore;
    readonly audit?: Ports['audit'];
    /** Instead of the runner of the rig. */
    readonly run?: Ports['runner']['run'];
    readonly programs?: Ports['programs'];
    readonly policy?: Ports['policy'];
    readonly output?: NonNullable<Ports['output']>;
    readonly frameNumbers?: NonNullable<Ports['frameNumbers']>;
    readonly manifest?: NonNullable<Ports['manifest']>;
    readonly services?: Ports['services'];
    readonly onMessage?: (message: Record<string, unknown>, link: FakeLink) => void;
    readonly kernel?: Partial<KernelOptions>;
  } = {},
): Promise<Rig> {
  const clock = new FakeClock();
  const runner = new FakeRunner();
  const transport = new FakeTransport(options.onMessage);
  const nonces = createMemoryNonceStore();
  const log: LoggedLine[] = [];
  const logger = createMemoryLogger(log);
  const events = createEventLog({ clock, newId: newMessageId });
  const resultStore = options.resultStore ?? createMemoryResultStore();
  const plugin = options.plugin ?? testPlugin({ wait: () => Promise.resolve() });
  const services = createPluginServices({
    clock,
    random: () => 0.5,
    events,
    audit: options.audit,
    stores: createMemoryStores(),
    reveal: createFakeSecrets({}),
  });
  const collectors = createCollectorService({ clock, random: () => 0, events });
  const store = options.jobs ?? createMemoryJobStore();
  const kernel = await createKernel({
    agentId: AGENT,
    version: '0.1.0',
    pulseToken: 'token',
    hmacKey: KEY,
    dialect: 'hardened',
    timing: TIMING,
    inventory: null,
    plugins: [
      { name: plugin.name, load: () => Promise.resolve(plugin), config: {}, firstParty: true, grants: 'all', startup: 'error' },
    ],
    ports: {
      clock,
      crypto: nodeCrypto,
      random: () => 0.5,
      newId: newMessageId,
      transport,
      nonces: options.nonces ?? nonces,
      results: createResultOutbox({ store: resultStore, clock, events, logger: logger('results') }),
      queue: createWorkQueue(),
      runner: options.run === undefined ? runner : { run: options.run, exec: runner.exec.bind(runner) },
      programs: options.programs ?? { problemWith: () => undefined },
      ...(options.output === undefined ? {} : { output: options.output }),
      ...(options.frameNumbers === undefined ? {} : { frameNumbers: options.frameNumbers }),
      ...(options.manifest === undefined ? {} : { manifest: options.manifest }),
      ...(options.policy === undefined ? {} : { policy: options.policy }),
      collectors,
      services: options.services ?? services.open,
      denials: services.denials,
      refusals: createRefusalLog({ clock, events, audit: options.audit, logger: logger('verify') }),
      jobs: createJobService({ clock, collectors, events, store, queue: createJobQueue(), logger: logger('jobs') }),
      events,
      ...(options.audit === undefined ? {} : { audit: options.audit }),
      logger,
    },
    ...options.kernel,
  });
  await kernel.start();
  await settle();
  const stamp = (shift: number): string => formatTimestamp(BigInt(Math.trunc((clock.now() + shift * 1_000) * 1_000)));
  return {
    kernel,
    clock,
    runner,
    transport,
    nonces,
    log,
    get link() {
      const link = transport.current;
      if (link === undefined) throw new Error('the agent has not connected');
      return link;
    },
    sent: (type) =>
      transport.links.flatMap((link) =>
        link.sent.filter((message) => message['type'] === type).map((message) => message['payload'] as Record<string, unknown>),
      ),
    request(command, params = {}, change = {}) {
      const ts = stamp(change.shift ?? 0);
      const nonce = change.nonce ?? newNonce();
      const hmac = change.hmac ?? signRequest(nodeCrypto, KEY, { command, params, nonce, ts });
      return encodeMessage(
        createMessage(
          'command.request',
          change.agentId ?? AGENT,
          { command, params, hmac, nonce },
          { id: change.id ?? newMessageId(), ts },
        ),
      );
    },
    sequence(commands, stopOnFailure = true) {
      const ts = stamp(0);
      const nonce = newNonce();
      const body = { sequence_id: 'deploy-1', commands, stop_on_failure: stopOnFailure, nonce };
      // Signed as it stands: an agent must refuse some of what a hub can sign.
      const hmac = hmacHex(nodeCrypto, KEY, canonicalSequence({ ...body, ts }));
      return encodeMessage(createMessage('command.sequence', AGENT, { ...body, hmac }, { id: newMessageId(), ts }));
    },
    async deliver(frame) {
      transport.current?.deliver(frame);
      await settle();
    },
    async close() {
      let closed = false;
      const closing = kernel.close().then(() => {
        closed = true;
      });
      for (let turn = 0; turn < 60 && !closed; turn += 1) await clock.advance(1_000);
      await closing;
    },
  };
}
