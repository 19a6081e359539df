import type { Logger } from '@stormpulse/plugin-api';
import { repeat } from '@stormpulse/plugin-api/internal';
import {
  AGENT_JSON_LIMITS,
  FEATURES,
  commonFeatures,
  ProtocolError,
  createMessage,
  encodeMessage,
  formatTimestamp,
  isWireName,
  parseFrame,
  requestIdText,
} from '@stormpulse/protocol';
import type { Dialect, Feature, FrameNumbers, Payloads, RawEnvelope, WireType } from '@stormpulse/protocol';
import type { Link, Ports } from '../ports.ts';
import type { Session } from './connection.ts';

/** SEC-228: with more than this unsent, telemetry waits; results and heartbeats go ahead. */
const MAX_UNSENT_BYTES = 8 * 1024 * 1024;
/** With more than this unsent the hub takes commands and reads no answer; the link ends before the memory does. */
const MAX_STUCK_BYTES = 64 * 1024 * 1024;
/** The features this agent names in `register` (D1): all, but the one that only an enrollment names. */
export const AGENT_FEATURES: readonly Feature[] = FEATURES.filter((feature) => feature !== 'cert.renew');

export interface LiveSessionOptions {
  readonly ports: Ports;
  readonly agentId: string;
  readonly dialect: Dialect;
  readonly heartbeatMs: number;
  readonly pushMs: number;
  readonly register: () => Payloads['register'];
  readonly metrics: (features: ReadonlySet<string>) => Promise<Payloads['metrics.push'] | undefined>;
  /** A signed message arrived; nothing of it is verified. Must not throw and must not wait. */
  readonly onSigned: (message: RawEnvelope) => void;
  readonly onAcknowledged: (features: ReadonlySet<string>, ts: string) => void;
  readonly onIgnored: (reason: string) => void;
}

/** One connection from upgrade to close: `register`, telemetry, acknowledgements. Its receive path never waits. */
export class LiveSession implements Session {
  readonly #options: LiveSessionOptions;
  readonly #logger: Logger;
  readonly #numbers: FrameNumbers | undefined;
  #stop = (): void => undefined;
  #features: ReadonlySet<string> = new Set();
  #link: Link | undefined;
  #flushSoon: (() => void) | undefined;

  constructor(options: LiveSessionOptions) {
    this.#options = options;
    this.#logger = options.ports.logger('connection');
    this.#numbers = options.ports.frameNumbers?.();
  }

  open(link: Link): void {
    const { ports, heartbeatMs, pushMs } = this.#options;
    this.#link = link;
    this.#send('register', this.#options.register());
    ports.collectors.attach({ signoff: (state) => this.#send('signoff.state', state), changed: () => this.pushNow() });
    ports.events.requeue();
    ports.results.attach((result) => this.#send('command.result', result));
    const failed = (error: unknown): void => this.#logger.error({ err: error }, 'a telemetry task failed; it goes on');
    this.#stop = repeat(
      ports.clock,
      [
        { everyMs: heartbeatMs, work: () => void this.#send('heartbeat', {}) },
        { everyMs: pushMs, work: () => this.#push() },
        { everyMs: pushMs, work: () => this.flushEvents() },
        ...ports.collectors.detectors().map(({ everyMs, look }) => {
          return { everyMs, work: async () => ((await look()) ? await this.#push() : undefined) };
        }),
      ],
      failed,
    );
  }

  close(): void {
    this.#link = undefined;
    this.#flushSoon?.();
    this.#stop();
    this.#options.ports.results.detach();
    this.#options.ports.collectors.attach(undefined);
    this.#options.ports.output?.detach();
  }

  frame(frame: string | Uint8Array): void {
    const { dialect, agentId, onIgnored } = this.#options;
    let message: RawEnvelope;
    try {
      message = parseFrame(frame, { dialect, limits: AGENT_JSON_LIMITS, features: this.#features });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#numbers?.unread();
      onIgnored(error.kind);
      return;
    }
    this.#numbers?.came(message);
    if (message.type === 'command.request' || message.type === 'command.sequence') {
      const id = requestIdText(message.id);
      if (isWireName(id)) this.#options.onSigned({ ...message, id });
      else onIgnored('bad_id');
    } else {
      // D1: another agent_id on an acknowledgement is counted, never a reason to close.
      if (message.agent_id !== agentId) onIgnored('foreign_agent_id');
      this.#acknowledged(message);
    }
  }

  /** Lost when the link is down or full: the result tells how it ended. */
  progress(progress: Payloads['command.progress']): void {
    if (this.#link !== undefined && this.#link.bufferedBytes <= MAX_UNSENT_BYTES) this.#send('command.progress', progress);
  }

  /** One metrics push out of turn. */
  pushNow(): void {
    this.#push().catch((error: unknown) => this.#logger.error({ err: error }, 'a push out of turn failed'));
  }

  /** Sends what waits in the events plane, one batch. */
  flushEvents(): void {
    if (this.#link === undefined || this.#link.bufferedBytes > MAX_UNSENT_BYTES) return;
    const batch = this.#options.ports.events.drain(this.#features.has('events.id'));
    if (batch !== undefined) this.#send('events.batch', { batch_id: batch.batchId, events: [...batch.events] });
  }

  /** A refusal should be seen before the next push; many together share a batch. */
  flushEventsSoon(): void {
    if (this.#link === undefined || this.#flushSoon !== undefined) return;
    const cancel = this.#options.ports.clock.after(250, () => {
      this.#flushSoon = undefined;
      this.flushEvents();
    });
    this.#flushSoon = () => {
      cancel();
      this.#flushSoon = undefined;
    };
  }

  #acknowledged(message: RawEnvelope): void {
    const { ports, onAcknowledged, onIgnored } = this.#options;
    switch (message.type) {
      case 'register.ok':
        this.#features = commonFeatures(AGENT_FEATURES, message.payload['features']);
        if (this.#features.has('link.seq')) this.#numbers?.negotiated();
        if (this.#features.has('results.ack')) ports.results.acknowledgesById();
        if (this.#features.has('command.output')) ports.output?.attach((piece) => this.#send('command.output', piece));
        if (this.#features.has('plugin.manifest'))
          ports.manifest?.tell(message.payload['manifest'], (told) => this.#send('plugin.manifest', told));
        break;
      case 'command.output.ack':
        ports.output?.acknowledge(message.payload);
        break;
      case 'command.result.ack': {
        const id = message.payload['request_id'];
        if (!ports.results.acknowledge(typeof id === 'string' ? id : undefined)) onIgnored('unknown_ack');
        break;
      }
      case 'events.batch.ack': {
        const id = message.payload['batch_id'];
        if (typeof id !== 'string' || !ports.events.acknowledge(id)) onIgnored('unknown_ack');
        break;
      }
      case 'heartbeat.ack':
      case 'metrics.ack':
      case 'log.batch.ack':
      case 'signoff.state.ack':
      case 'error':
        break;
      default:
        onIgnored('unexpected_type');
        return;
    }
    onAcknowledged(this.#features, message.ts);
  }

  async #push(): Promise<void> {
    const payload = await this.#options.metrics(this.#features);
    if (payload === undefined || this.#link === undefined || this.#link.bufferedBytes > MAX_UNSENT_BYTES) return;
    this.#send('metrics.push', payload);
  }

  #send<T extends WireType>(type: T, payload: Payloads[T]): boolean {
    const { ports, agentId } = this.#options;
    if (this.#link === undefined) return false;
    if (this.#link.bufferedBytes > MAX_STUCK_BYTES) {
      this.#link.terminate();
      return false;
    }
    const ts = formatTimestamp(BigInt(Math.trunc(ports.clock.now() * 1_000)));
    // Outside: a payload that is no JSON is a fault to be told, not a link that ends.
    const text = encodeMessage(createMessage(type, agentId, payload, { id: ports.newId(), ts }));
    try {
      this.#link.send(this.#numbers?.mark(text) ?? text);
      return true;
    } catch (error) {
      this.#logger.debug({ err: error, type }, 'a frame was not taken; the connection is ending');
      return false;
    }
  }
}
