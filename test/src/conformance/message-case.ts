import {
  commandResult,
  createMessage,
  encodeMessage,
  encodeReference,
  eventRecord,
  HUB_JSON_LIMITS,
  isMessageType,
  parseFrame,
  parsePayload,
  ProtocolError,
  readReferenceJson,
} from '@stormpulse/protocol';
import type { Dialect, EventFields, JsonObject, MessageType, Payloads, RawEnvelope, StandardResult } from '@stormpulse/protocol';
import { expectSame, fail } from './cases.ts';
import { isVector, plain, text } from './vectors.ts';
import type { Vector } from './vectors.ts';

const FACTORY_TYPES: Readonly<Record<string, MessageType>> = {
  make_heartbeat: 'heartbeat',
  make_register: 'register',
  make_metrics_push: 'metrics.push',
  make_command_result: 'command.result',
  make_command_progress: 'command.progress',
  make_log_batch: 'log.batch',
  make_signoff_state: 'signoff.state',
  make_events_batch: 'events.batch',
};

/** A message of the reference's factories: we read it, and we make the same one. */
export function checkMessage(vector: Vector, dialect: Dialect): void {
  const type = FACTORY_TYPES[text(vector, 'factory')] ?? fail(`unknown factory ${text(vector, 'factory')}`);
  const expected = envelopeOf(vector);
  const read = parseFrame(text(vector, 'wire'), { dialect, limits: HUB_JSON_LIMITS });
  expectSame('type', read.type, type);
  const { timestamp, ...envelope } = read;
  expectSame('envelope', { ...envelope, ts: timestamp.canonical }, expected);
  if (dialect === 'reference') expectSame('wire', encodeReference(readReferenceJson(text(vector, 'wire'))), vector['wire']);
  expectSameWhenMade(type, read);
  const made = payloadFromInputs(type, vector['inputs'], dialect);
  if (made !== undefined) expectSame('payload made from the inputs', made, expected['payload']);
}

function envelopeOf(vector: Vector): Vector {
  const { envelope } = vector;
  if (!isVector(envelope) || !isVector(envelope['payload'])) return fail('the vector has no envelope');
  if (!isMessageType(envelope['type'])) return fail('the envelope has no known type');
  return envelope;
}

/** Reading the payload by its schema and making the message again gives the same JSON. */
function expectSameWhenMade(type: MessageType, read: RawEnvelope): void {
  const payload = parsePayload(type, plain(read.payload) as JsonObject, 'hardened');
  const made = encodeMessage(createMessage(type, read.agent_id, payload, { id: read.id, ts: read.timestamp.canonical }));
  expectSame('message made again', JSON.parse(made), { ...read, timestamp: undefined, ts: read.timestamp.canonical });
  if (type === 'events.batch') for (const event of (payload as Payloads['events.batch']).events) expectRecordable(event);
}

/** An event of the wire is one that `eventRecord` would have made. */
function expectRecordable(event: Readonly<Record<string, unknown>>): void {
  const { ts, source, kind, ...fields } = event;
  if (typeof ts !== 'string' || typeof source !== 'string' || typeof kind !== 'string') return;
  expectSame('event', eventRecord(Date.parse(ts), source, kind, fields as EventFields), event);
}

/** The payload our own code makes from the factory's arguments; nothing where the vector only describes them in words. */
function payloadFromInputs(type: MessageType, inputs: unknown, dialect: Dialect): unknown {
  if (!isVector(inputs)) return undefined;
  if (type === 'command.result') return resultFromInputs(inputs, dialect);
  try {
    return parsePayload(type, plain(inputs) as JsonObject, 'hardened');
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** A hardened agent refuses extras that would replace a standard field; the reference lets them. */
function resultFromInputs(inputs: Vector, dialect: Dialect): unknown {
  const extras = inputs['extras'] as Vector | undefined;
  const standard = plain(isVector(inputs['result']) ? inputs['result'] : inputs) as StandardResult;
  const replaces = Object.keys(extras ?? {}).some((name) => Object.hasOwn(standard, name));
  try {
    const payload = commandResult(standard, extras, dialect);
    if (dialect === 'hardened' && replaces) fail('an extra replaced a standard field');
    return payload;
  } catch (error) {
    if (error instanceof ProtocolError && error.kind === 'reserved_extra' && replaces) return undefined;
    throw error;
  }
}
