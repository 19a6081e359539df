import type { Dialect } from './dialect.ts';
import { readStrictUtf8 } from './frame-bytes.ts';
import { readFrameJson } from './json-short.ts';
import type { JsonValue, JsonObject } from './json-value.ts';
import { isJsonObject } from './json-value.ts';
import type { JsonLimits } from './limits.ts';
import { isSignedType, isWireType } from './message-types.ts';
import type { WireType } from './message-types.ts';
import { ProtocolError } from './protocol-error.ts';
import { decodeReferenceBytes } from './reference/bytes.ts';
import { readReferenceJson } from './reference/json-reader.ts';
import { pythonEqualsOne } from './reference/python-text.ts';
import { isWireName } from './signed-fields.ts';
import { parseTimestamp } from './timestamp.ts';
import type { Timestamp } from './timestamp.ts';

/** A frame whose envelope was checked and whose payload was not. */
export interface RawEnvelope {
  readonly v: 1;
  readonly type: WireType;
  readonly id: string;
  /** As written; `timestamp` has the canonical spelling. */
  readonly ts: string;
  readonly agent_id: string;
  readonly payload: JsonObject;
  readonly timestamp: Timestamp;
  /** As it came, unchecked: the frame's number (feature `link.seq`), unsigned. */
  readonly x?: JsonValue | undefined;
}

/** How a frame is read. */
export interface FrameOptions {
  readonly dialect: Dialect;
  readonly limits: JsonLimits;
  /** Named by both sides: the types they add are known beside v1's. */
  readonly features?: ReadonlySet<string> | undefined;
}

const FIELDS = ['v', 'type', 'id', 'ts', 'agent_id', 'payload'] as const;

/**
 * Reads one WebSocket frame: text, or the bytes of a binary one (wire page, section 1; SEC-050, SEC-051, SEC-053).
 * Unknown keys are dropped, all but `x`. Throws {@link ProtocolError} and nothing else. The envelope's `agent_id` is not compared with
 * anything here.
 *
 * Reference dialect: `id` may be any JSON value, and numbers in the payload may be `PythonFloat` or bigint.
 */
export function parseFrame(data: string | Uint8Array, options: FrameOptions): RawEnvelope {
  return options.dialect === 'hardened' ? parseHardened(data, options) : parseReference(data, options);
}

function parseHardened(data: string | Uint8Array, { limits, features }: FrameOptions): RawEnvelope {
  const json = readFrameJson(typeof data === 'string' ? data : readStrictUtf8(data), limits);
  const frame = requireFields(json.value);
  if (frame['v'] !== 1 || json.versionText !== '1') throw new ProtocolError('unsupported_version', 'v must be the integer 1');
  const type = requireType(frame['type'], features);
  if (isSignedType(type) && json.duplicateKey)
    throw new ProtocolError('duplicate_key', 'a signed message has the same key twice');
  const ts = requireTs(frame['ts']);
  const timestamp = parseTimestamp(ts, 'hardened');
  const agentId = requireAgentId(frame['agent_id']);
  const { id } = frame;
  if (!isWireName(id)) throw new ProtocolError('bad_id', 'id must be a string of 1 to 128 characters without control characters');
  return { v: 1, type, id, ts, agent_id: agentId, payload: requirePayload(frame['payload']), timestamp, x: frame['x'] };
}

function parseReference(data: string | Uint8Array, { features }: FrameOptions): RawEnvelope {
  const frame = requireFields(readReferenceJson(typeof data === 'string' ? data : decodeReferenceBytes(data)) as JsonValue);
  if (!pythonEqualsOne(frame['v'])) throw new ProtocolError('unsupported_version', 'v must equal 1');
  const type = requireType(frame['type'], features);
  const ts = requireTs(frame['ts']);
  const timestamp = parseTimestamp(ts, 'reference');
  const agentId = requireAgentId(frame['agent_id']);
  // The reference never validates the id: callers of this dialect must not assume a string.
  const id = frame['id'] as string;
  return { v: 1, type, id, ts, agent_id: agentId, payload: requirePayload(frame['payload']), timestamp, x: frame['x'] };
}

function requireFields(value: JsonValue): JsonObject {
  if (!isJsonObject(value)) throw new ProtocolError('not_object', 'the frame is not a JSON object');
  for (const field of FIELDS) if (value[field] === undefined) throw missingFields(value);
  return value;
}

function missingFields(value: JsonObject): ProtocolError {
  const missing = FIELDS.filter((field) => value[field] === undefined);
  return new ProtocolError('missing_fields', `the envelope lacks ${missing.join(', ')}`);
}

const NO_FEATURES: ReadonlySet<string> = new Set();

function requireType(type: JsonValue | undefined, features: ReadonlySet<string> = NO_FEATURES): WireType {
  if (!isWireType(type, features)) throw new ProtocolError('unknown_type', 'the message type is not one of protocol v1');
  return type;
}

function requireTs(ts: JsonValue | undefined): string {
  if (typeof ts !== 'string') throw new ProtocolError('ts_not_string', 'ts must be a string');
  return ts;
}

function requireAgentId(agentId: JsonValue | undefined): string {
  if (typeof agentId !== 'string' || agentId === '')
    throw new ProtocolError('bad_agent_id', 'agent_id must be a non-empty string');
  return agentId;
}

function requirePayload(payload: JsonValue | undefined): JsonObject {
  if (!isJsonObject(payload)) throw new ProtocolError('payload_not_object', 'payload must be a JSON object');
  return payload;
}
