import type { Feature } from './features.ts';

/** Types an agent sends to a hub (protocol v1, section 2). */
export const AGENT_TO_HUB_TYPES = [
  'register',
  'heartbeat',
  'metrics.push',
  'command.result',
  'command.progress',
  'log.batch',
  'events.batch',
  'signoff.state',
] as const;

/** Types a hub sends to an agent. */
export const HUB_TO_AGENT_TYPES = [
  'command.request',
  'command.sequence',
  'register.ok',
  'heartbeat.ack',
  'metrics.ack',
  'command.result.ack',
  'log.batch.ack',
  'events.batch.ack',
  'signoff.state.ack',
  'error',
] as const;

/** One of the eighteen types of protocol v1. */
export type MessageType = (typeof AGENT_TO_HUB_TYPES)[number] | (typeof HUB_TO_AGENT_TYPES)[number];

/** Types beside the eighteen, each by the feature that both sides must have named: to any other peer they are unknown. */
export const FEATURE_TYPES = {
  'command.output': 'command.output',
  'command.output.ack': 'command.output',
  'plugin.manifest': 'plugin.manifest',
} as const satisfies Readonly<Record<string, Feature>>;

/** A type of protocol v1, or of a feature. */
export type WireType = MessageType | keyof typeof FEATURE_TYPES;

/** The two types that carry a signature. */
export type SignedType = 'command.request' | 'command.sequence';

/** All eighteen types. */
export const MESSAGE_TYPES: readonly MessageType[] = [...AGENT_TO_HUB_TYPES, ...HUB_TO_AGENT_TYPES];

const KNOWN: ReadonlySet<unknown> = new Set(MESSAGE_TYPES);

/** Case-sensitive, no trimming; anything but a string is unknown. */
export function isMessageType(value: unknown): value is MessageType {
  return KNOWN.has(value);
}

/** Whether a peer that named these features may send this type. */
export function isWireType(value: unknown, features: ReadonlySet<string>): value is WireType {
  return isMessageType(value) || (isFeatureType(value) && features.has(FEATURE_TYPES[value]));
}

function isFeatureType(value: unknown): value is keyof typeof FEATURE_TYPES {
  return typeof value === 'string' && Object.hasOwn(FEATURE_TYPES, value);
}

/** Whether messages of this type must carry a signature. */
export function isSignedType(type: WireType): type is SignedType {
  return type === 'command.request' || type === 'command.sequence';
}
