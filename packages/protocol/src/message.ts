import type { WireType } from './message-types.ts';
import type { Payloads } from './payload-schemas.ts';

/** One message (wire page, section 1). Keys in this order on the wire. */
export interface Envelope<T extends WireType = WireType> {
  readonly v: 1;
  readonly type: T;
  readonly id: string;
  readonly ts: string;
  readonly agent_id: string;
  readonly payload: Payloads[T];
}

/**
 * Builds a message. `stamp` carries a fresh message id and the current time in the canonical spelling
 * (`formatTimestamp`), so that this package needs neither clock nor random numbers.
 */
export function createMessage<T extends WireType>(
  type: T,
  agentId: string,
  payload: Payloads[T],
  stamp: { readonly id: string; readonly ts: string },
): Envelope<T> {
  return { v: 1, type, id: stamp.id, ts: stamp.ts, agent_id: agentId, payload };
}

/** The text of one WebSocket frame. */
export function encodeMessage(envelope: Envelope): string {
  return JSON.stringify(envelope);
}
