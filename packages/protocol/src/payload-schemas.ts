import type { Static } from '@sinclair/typebox';
import type { WireType } from './message-types.ts';
import {
  CommandOutputPayload,
  CommandProgressPayload,
  CommandResultPayload,
  EventsBatchPayload,
  HeartbeatPayload,
  LogBatchPayload,
  MetricsPayload,
  RegisterPayload,
  SignoffStatePayload,
} from './payloads/agent-to-hub.ts';
import {
  AckPayload,
  BatchAckPayload,
  CommandOutputAckPayload,
  CommandRequestPayload,
  CommandSequencePayload,
  ErrorPayload,
  RegisterOkPayload,
  ResultAckPayload,
} from './payloads/hub-to-agent.ts';
import { PluginManifestPayload } from './payloads/plugin-manifest.ts';

/** One TypeBox schema a message type: the static type and the check come from the same place. */
export const PAYLOAD_SCHEMAS = {
  register: RegisterPayload,
  heartbeat: HeartbeatPayload,
  'metrics.push': MetricsPayload,
  'command.result': CommandResultPayload,
  'command.progress': CommandProgressPayload,
  'log.batch': LogBatchPayload,
  'events.batch': EventsBatchPayload,
  'signoff.state': SignoffStatePayload,
  'command.request': CommandRequestPayload,
  'command.sequence': CommandSequencePayload,
  'register.ok': RegisterOkPayload,
  'heartbeat.ack': AckPayload,
  'metrics.ack': AckPayload,
  'command.result.ack': ResultAckPayload,
  'log.batch.ack': BatchAckPayload,
  'events.batch.ack': BatchAckPayload,
  'signoff.state.ack': AckPayload,
  error: ErrorPayload,
  'command.output': CommandOutputPayload,
  'command.output.ack': CommandOutputAckPayload,
  'plugin.manifest': PluginManifestPayload,
} as const;

/** Payload type of every message type. */
export type Payloads = { [T in WireType]: Static<(typeof PAYLOAD_SCHEMAS)[T]> };
export type RegisterPayload = Payloads['register'];
export type MetricsPayload = Payloads['metrics.push'];
export type CommandResultPayload = Payloads['command.result'];
export type CommandOutputPayload = Payloads['command.output'];
export type CommandProgressPayload = Payloads['command.progress'];
export type LogBatchPayload = Payloads['log.batch'];
export type EventsBatchPayload = Payloads['events.batch'];
export type SignoffStatePayload = Payloads['signoff.state'];
export type CommandRequestPayload = Payloads['command.request'];
export type CommandSequencePayload = Payloads['command.sequence'];
export type RegisterOkPayload = Payloads['register.ok'];
