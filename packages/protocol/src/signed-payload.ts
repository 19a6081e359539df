import { createBareObject } from './bare-object.ts';
import { canonicalRequest, canonicalSequence } from './canonical.ts';
import type { Dialect } from './dialect.ts';
import type { RawEnvelope } from './frame.ts';
import { isSignedType } from './message-types.ts';
import type { SignedType } from './message-types.ts';
import { readPayloadFields } from './payload.ts';
import type { CommandRequestPayload, CommandSequencePayload } from './payload-schemas.ts';
import { ProtocolError } from './protocol-error.ts';
import { referenceCanonicalText } from './reference/canonical.ts';
import type { RefusalReason } from './refusal.ts';
import { checkRequestFields, checkSequenceFields } from './signed-fields.ts';
import { isStrictTimestamp } from './timestamp.ts';
import type { Timestamp } from './timestamp.ts';

/** A signed message whose shape is right: what to verify, and the fields to act on once it verified. */
export type SignedPayload =
  | {
      readonly ok: true;
      readonly type: 'command.request';
      readonly payload: CommandRequestPayload;
      readonly canonicalText: string;
    }
  | {
      readonly ok: true;
      readonly type: 'command.sequence';
      readonly payload: CommandSequencePayload;
      readonly canonicalText: string;
    };

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
  /**
   * `[protocol] strict = false` (SEC-053): another agent's id, `params: null`, a sequence named like a command and more than 32
   * entries pass, as with v1's own agent. What SEC-054 to 056 rest on never does: names, texts, types, and the spelling of `ts`.
   */
  readonly lenient?: boolean;
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
  const { type } = raw;
  if (!isSignedType(type)) return { ok: false, reason: 'wrong_type' };
  return dialect === 'reference' ? referenceShape(type, raw) : hardenedShape(raw, context);
}

function hardenedShape(raw: RawEnvelope, context: SignedPayloadContext): SignedPayload | SignedPayloadRefusal {
  const { agentId, lenient = false } = context;
  if (!lenient && agentId !== undefined && raw.agent_id !== agentId) return { ok: false, reason: 'wrong_agent' };
  if (lenient && !isStrictTimestamp(raw.ts)) return { ok: false, reason: 'bad_ts' };
  return raw.type === 'command.request' ? requestShape(raw, lenient) : sequenceShape(raw, lenient, context.hasCommand);
}

function requestShape({ payload, timestamp }: RawEnvelope, lenient: boolean): SignedPayload | SignedPayloadRefusal {
  const { command, params: sent, hmac, nonce, op_sig: operator } = payload as Unchecked<CommandRequestPayload>;
  if (command === undefined || sent === undefined || hmac === undefined || nonce === undefined) return MISSING_FIELDS;
  const params = lenient && sent === null ? createBareObject<string>() : sent;
  const reason = checkRequestFields({ command, params, nonce }, undefined, lenient) ?? checkHmac(hmac);
  if (reason !== undefined) return { ok: false, reason };
  const request = withOperator({ command, params, hmac, nonce } as CommandRequestPayload, operator);
  return { ok: true, type: 'command.request', payload: request, canonicalText: requestText(request, timestamp) };
}

function sequenceShape(
  { payload, timestamp }: RawEnvelope,
  lenient: boolean,
  hasCommand?: (name: string) => boolean,
): SignedPayload | SignedPayloadRefusal {
  const { sequence_id, commands, stop_on_failure, hmac, nonce, op_sig: operator } = payload as Unchecked<CommandSequencePayload>;
  const fields = { sequence_id, commands, stop_on_failure, hmac, nonce };
  if (Object.values(fields).includes(undefined)) return MISSING_FIELDS;
  const reason = checkSequenceFields({ sequence_id, commands, stop_on_failure, nonce }, hasCommand, lenient) ?? checkHmac(hmac);
  if (reason !== undefined) return { ok: false, reason };
  const sequence = withOperator(fields as CommandSequencePayload, operator);
  return { ok: true, type: 'command.sequence', payload: sequence, canonicalText: sequenceText(sequence, timestamp) };
}

function requestText({ command, params, nonce }: CommandRequestPayload, { canonical: ts }: Timestamp): string {
  return canonicalRequest({ command, params, nonce, ts });
}

function sequenceText(sequence: CommandSequencePayload, { canonical: ts }: Timestamp): string {
  return canonicalSequence({ ...sequence, ts });
}

/** The fields of a payload before their types were looked at. */
type Unchecked<T> = { readonly [K in keyof T]?: unknown };

const MISSING_FIELDS: SignedPayloadRefusal = { ok: false, reason: 'payload_missing_fields' };

/** Anything that is not a string cannot be a signature; its spelling is checked with the signature itself (SEC-057). */
function checkHmac(hmac: unknown): RefusalReason | undefined {
  return typeof hmac === 'string' ? undefined : 'bad_signature';
}

function withOperator<T extends { op_sig?: string }>(fields: T, operator: unknown): T {
  if (typeof operator === 'string') fields.op_sig = operator;
  return fields;
}

function referenceShape(type: SignedType, raw: RawEnvelope): SignedPayload {
  const payload = readPayloadFields(type, raw.payload);
  const canonicalText = referenceCanonicalText(type, payload, raw.timestamp.canonical);
  const { hmac } = payload;
  // compare_digest raises for anything but bytes or ASCII text.
  if (typeof hmac !== 'string' || /[^\u0000-\u007f]/.test(hmac)) {
    throw new ProtocolError('uncaught', 'the signature is not ASCII text', { referenceClass: 'TypeError' });
  }
  return { ok: true, type, payload, canonicalText } as unknown as SignedPayload;
}
