import { canonicalRequest, canonicalSequence } from './canonical.ts';
import type { Dialect } from './dialect.ts';
import type { RawEnvelope } from './frame.ts';
import { isSignedType } from './message-types.ts';
import { readPayloadFields } from './payload.ts';
import type { CommandRequestPayload, CommandSequencePayload } from './payload-schemas.ts';
import { ProtocolError } from './protocol-error.ts';
import { referenceCanonicalText } from './reference/canonical.ts';
import type { RefusalReason } from './refusal.ts';
import { checkRequestFields, checkSequenceFields } from './signed-fields.ts';

/** A signed message whose shape is right: what to verify, and the fields to act on once it verified. */
export type SignedPayload =
  | { readonly ok: true; readonly type: 'command.request'; readonly payload: CommandRequestPayload; readonly canonicalText: string }
  | { readonly ok: true; readonly type: 'command.sequence'; readonly payload: CommandSequencePayload; readonly canonicalText: string };

/** Refused before its signature was looked at. */
export interface SignedPayloadRefusal {
  readonly ok: false;
  readonly reason: RefusalReason;
}

/** What the receiver knows; each is optional, and its check is left out without it. */
export interface SignedPayloadContext {
  /** Our own id: a message for another agent is refused (SEC-053). */
  readonly agentId?: string;
  /** A sequence's id may not be one of these. */
  readonly hasCommand?: (name: string) => boolean;
}

/**
 * Shape of a signed message (SEC-053), after freshness and before the signature.
 * Hardened: never throws; every near miss has its own reason. The ambiguity rule (SEC-054) is for after the signature:
 * `ambiguousParams`.
 * Reference: no type checks; throws `payload_missing_fields`, or `uncaught` where the reference agent fails with another error.
 */
export function checkSignedPayload(
  raw: RawEnvelope,
  dialect: Dialect,
  context: SignedPayloadContext = {},
): SignedPayload | SignedPayloadRefusal {
  if (!isSignedType(raw.type)) return { ok: false, reason: 'wrong_type' };
  return dialect === 'reference' ? referenceShape(raw) : hardenedShape(raw, context);
}

function hardenedShape(raw: RawEnvelope, context: SignedPayloadContext): SignedPayload | SignedPayloadRefusal {
  if (context.agentId !== undefined && raw.agent_id !== context.agentId) return { ok: false, reason: 'wrong_agent' };
  const { payload } = raw;
  const ts = raw.timestamp.canonical;
  if (raw.type === 'command.request') {
    if (!hasAll(payload, REQUEST_FIELDS)) return { ok: false, reason: 'payload_missing_fields' };
    const reason = checkRequestFields(payload as unknown as CommandRequestPayload, undefined) ?? checkHmac(payload['hmac']);
    if (reason !== undefined) return { ok: false, reason };
    const request = pickSigned<CommandRequestPayload>(payload, REQUEST_FIELDS);
    return { ok: true, type: 'command.request', payload: request, canonicalText: canonicalRequest({ ...request, ts }) };
  }
  if (!hasAll(payload, SEQUENCE_FIELDS)) return { ok: false, reason: 'payload_missing_fields' };
  const reason = checkSequenceFields(payload as unknown as CommandSequencePayload, context.hasCommand) ?? checkHmac(payload['hmac']);
  if (reason !== undefined) return { ok: false, reason };
  const sequence = pickSigned<CommandSequencePayload>(payload, SEQUENCE_FIELDS);
  return { ok: true, type: 'command.sequence', payload: sequence, canonicalText: canonicalSequence({ ...sequence, ts }) };
}

const REQUEST_FIELDS = ['command', 'params', 'hmac', 'nonce'] as const;
const SEQUENCE_FIELDS = ['sequence_id', 'commands', 'stop_on_failure', 'hmac', 'nonce'] as const;

function hasAll(payload: object, fields: readonly string[]): boolean {
  return fields.every((field) => Object.hasOwn(payload, field));
}

/** Anything that is not a string cannot be a signature; its spelling is checked with the signature itself (SEC-057). */
function checkHmac(hmac: unknown): RefusalReason | undefined {
  return typeof hmac === 'string' ? undefined : 'bad_signature';
}

/** Copies the known fields (SEC-051); their types were just checked. */
function pickSigned<T>(payload: Readonly<Record<string, unknown>>, fields: readonly string[]): T {
  const picked: Record<string, unknown> = {};
  for (const field of fields) picked[field] = payload[field];
  if (typeof payload['op_sig'] === 'string') picked['op_sig'] = payload['op_sig'];
  return picked as T;
}

function referenceShape(raw: RawEnvelope): SignedPayload {
  const payload = readPayloadFields(raw.type, raw.payload);
  const canonicalText = referenceCanonicalText(raw.type, payload, raw.timestamp.canonical);
  const { hmac } = payload;
  // compare_digest raises for anything but bytes or ASCII text.
  if (typeof hmac !== 'string' || /[^\u0000-\u007f]/.test(hmac)) {
    throw new ProtocolError('uncaught', 'the signature is not ASCII text', { referenceClass: 'TypeError' });
  }
  return { ok: true, type: raw.type, payload, canonicalText } as unknown as SignedPayload;
}
