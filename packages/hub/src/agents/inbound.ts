import { HUB_JSON_LIMITS, parseFrame, parsePayload, problemWithManifest, ProtocolError } from '@stormpulse/protocol';
import type { Payloads, RawEnvelope, WireType } from '@stormpulse/protocol';
import type { Dispatch } from '../commands/dispatch.ts';
import type { LiveOutput } from '../commands/live-output.ts';
import type { Results } from '../commands/results.ts';
import type { Clock } from '../config/options.ts';
import type { Ingest } from '../state/ingest.ts';
import type { AnomalyKind } from '../storage/anomaly-store.ts';
import type { Stores } from '../storage/stores.ts';
import type { AgentLink } from './link.ts';
import type { Presence } from './presence.ts';
import type { Register } from './register.ts';

/** Reads one frame of an agent, stores what it tells, and acknowledges after the commit (hub page 5.2). Throws SqliteError. */
export type Inbound = (link: AgentLink, data: string) => void;

interface InboundPorts {
  readonly stores: Stores;
  readonly register: Register;
  readonly presence: Presence;
  readonly ingest: Ingest;
  readonly results: Results;
  readonly dispatch: Dispatch;
  readonly output: LiveOutput;
  readonly clock: Clock;
}

/** WebSocket close code for a peer that breaks the rules. */
const POLICY = 1008;
const DIALECT = 'hardened';

export function createInbound(ports: InboundPorts): Inbound {
  const { stores, register, presence, ingest, results, dispatch, output, clock } = ports;

  function strange(link: AgentLink, kind: AnomalyKind, evidence: object): void {
    stores.anomalies.add(link.agentId, kind, evidence, clock.now());
    if (link.countStrange()) link.close(POLICY, 'five messages in a minute that have no place here');
  }

  function takeRegister(link: AgentLink, message: RawEnvelope): void {
    if (link.negotiated !== undefined) return strange(link, 'second_register', {});
    const payload = payloadOf('register', message);
    const negotiated = register(link.agentId, payload, message.payload);
    if (negotiated === undefined) return link.close(POLICY, 'pulse_token does not match');
    link.markRegistered(negotiated);
    if (presence.link(link.agentId) !== undefined) dispatch.disconnected(link.agentId);
    presence.enter(link);
    const held = negotiated.features.has('plugin.manifest') ? stores.manifests.digestOf(link.agentId) : undefined;
    const told = { features: [...negotiated.features], ...(held === undefined ? {} : { manifest: held }) };
    link.reply('register.ok', negotiated.plain ? {} : told);
    return dispatch.pump(link.agentId);
  }

  function takeResult(link: AgentLink, message: RawEnvelope): void {
    const payload = payloadOf('command.result', message);
    const ended = results.result(link, payload, message.payload);
    link.reply('command.result.ack', link.negotiated?.features.has('results.ack') ? { request_id: payload.request_id } : {});
    if (ended === undefined) return;
    output.forget(payload.request_id);
    dispatch.settled(ended);
  }

  /** A piece nobody asked for is dropped; the first of a link is kept as an anomaly. */
  function takeOutput(link: AgentLink, message: RawEnvelope): void {
    const payload = payloadOf('command.output', message);
    const { request_id, seq } = payload;
    if (!output.take(link.agentId, payload) && link.countStray() === 1)
      stores.anomalies.add(link.agentId, 'stray_output', { request_id: request_id.slice(0, 128) }, clock.now());
    link.reply('command.output.ack', { request_id, seq });
  }

  function telemetryAck(link: AgentLink, type: 'heartbeat.ack' | 'metrics.ack'): void {
    if (dispatch.holdsAcks(link)) link.hold(type, {});
    else link.reply(type, {});
  }

  const handlers: Partial<Record<WireType, (link: AgentLink, message: RawEnvelope) => void>> = {
    register: takeRegister,
    'command.result': takeResult,
    'command.output': takeOutput,
    'command.progress'(link, message) {
      results.progress(link, payloadOf('command.progress', message));
    },
    heartbeat(link, message) {
      ingest.heartbeat(stampOf(message));
      telemetryAck(link, 'heartbeat.ack');
    },
    'metrics.push'(link, message) {
      ingest.metrics(stampOf(message), message.payload);
      if (link.negotiated?.features.has('audit.head')) ingest.auditHead(link.agentId, message.payload['audit_head']);
      telemetryAck(link, 'metrics.ack');
    },
    'log.batch'(link, message) {
      const payload = payloadOf('log.batch', message);
      ingest.logs(stampOf(message), payload);
      link.reply('log.batch.ack', { batch_id: payload.batch_id });
    },
    'events.batch'(link, message) {
      const payload = payloadOf('events.batch', message);
      ingest.events(stampOf(message), payload, link.negotiated?.features.has('events.id') === true);
      link.reply('events.batch.ack', { batch_id: payload.batch_id });
      results.refusals(link, payload.events).forEach((target) => dispatch.settled(target));
    },
    'plugin.manifest'(link, message) {
      const payload = payloadOf('plugin.manifest', message);
      const problem = problemWithManifest(payload);
      if (problem === undefined) ingest.manifest(link.agentId, payload);
      else strange(link, 'malformed', { kind: 'bad_manifest', message: problem });
    },
    'signoff.state'(link, message) {
      ingest.signoff(stampOf(message), payloadOf('signoff.state', message));
      link.reply('signoff.state.ack', {});
    },
  };

  function take(link: AgentLink, message: RawEnvelope): void {
    if (message.agent_id !== link.agentId) {
      stores.anomalies.add(link.agentId, 'identity_mismatch', { claimed: message.agent_id.slice(0, 128) }, clock.now());
      link.close(POLICY, 'agent_id is not the one of the certificate');
      return;
    }
    if (link.negotiated === undefined && message.type !== 'register') {
      link.close(POLICY, 'the first message must be register');
      return;
    }
    const handler = handlers[message.type];
    if (handler === undefined) strange(link, 'unexpected_type', { type: message.type });
    else handler(link, message);
  }

  return (link, data) => {
    let message: RawEnvelope | undefined;
    try {
      message = parseFrame(data, { dialect: DIALECT, limits: HUB_JSON_LIMITS, features: link.negotiated?.features });
      link.numbers.came(message);
      take(link, message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (message === undefined) link.numbers.unread();
      strange(link, 'malformed', { kind: error.kind, message: error.message });
      if (link.negotiated === undefined) link.close(POLICY, 'the first message must be register');
    }
  };
}

function payloadOf<T extends WireType>(type: T, message: RawEnvelope): Payloads[T] {
  return parsePayload(type, message.payload, DIALECT);
}

function stampOf(message: RawEnvelope): { agentId: string; sentAtMs: number } {
  return { agentId: message.agent_id, sentAtMs: Number(message.timestamp.micros) / 1_000 };
}
