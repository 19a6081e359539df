import { AGENT_JSON_LIMITS, parseFrame, parsePayload, ProtocolError, readPayloadFields } from '@stormpulse/protocol';
import type { Dialect, JsonObject, MessageType, RawEnvelope } from '@stormpulse/protocol';
import { expectSame, fail } from './cases.ts';
import type { Cases, Format } from './cases.ts';
import { bytes, caseId, number, section, text } from './vectors.ts';
import type { Vector } from './vectors.ts';

/** `envelopes.json`: frames and payloads, accepted or refused. */
export const checkEnvelopes: Format = async (vectors, dialect, cases) => {
  await checkAll(cases, 'cases', section(vectors, 'cases'), (vector) => {
    checkFrame(vector, typeof vector['raw'] === 'string' ? vector['raw'] : bytes(vector, 'raw_b64'), dialect);
  });
  await checkAll(cases, 'generated', section(vectors, 'generated'), (vector) => {
    checkFrame(vector, generate(text(vector, 'how'), number(vector, 'n')), dialect);
  });
  await checkAll(cases, 'payloads', section(vectors, 'payloads'), (vector) => checkPayload(vector, dialect));
};

async function checkAll(cases: Cases, name: string, list: readonly Vector[], work: (vector: Vector) => void): Promise<void> {
  for (const [index, vector] of list.entries()) await cases.check(caseId(name, vector, index), () => work(vector));
}

/** What our reading of a frame came to. */
type Reading = { readonly envelope: RawEnvelope } | { readonly error: ProtocolError };

function read(data: string | Uint8Array, dialect: Dialect): Reading {
  try {
    return { envelope: parseFrame(data, { dialect, limits: AGENT_JSON_LIMITS }) };
  } catch (error) {
    if (error instanceof ProtocolError) return { error };
    throw error;
  }
}

function checkFrame(vector: Vector, data: string | Uint8Array, dialect: Dialect): void {
  const reading = read(data, dialect);
  const hardened = dialect === 'hardened' ? vector['hardened'] : undefined;
  if (hardened === 'refuse') {
    if ('envelope' in reading) fail('accepted, should be refused');
    return;
  }
  if (hardened === 'refuse duplicates on signed types') refusesWhenSigned(data, reading);
  else if (hardened !== undefined) fail(`unknown value of hardened: ${JSON.stringify(hardened)}`);
  if (vector['accept'] === true) return expectAccepted(vector, reading);
  expectSame('accept', 'envelope' in reading, vector['accept']);
  if ('error' in reading) expectSameError(vector, reading.error, dialect);
}

/** Where the reference fails outside its own checks there is no name for a stricter reader to share. */
function expectSameError(vector: Vector, error: ProtocolError, dialect: Dialect): void {
  if (dialect === 'hardened' && vector['error_kind'] === 'uncaught') return;
  expectSame('error_kind', error.kind, vector['error_kind']);
  expectSame('error_class', error.referenceClass ?? error.name, vector['error_class']);
}

function expectAccepted(vector: Vector, reading: Reading): void {
  if ('error' in reading) return fail(`refused as ${reading.error.kind}, should be accepted: ${reading.error.message}`);
  expectSame('error', [null, null], [vector['error_class'], vector['error_kind']]);
  const { timestamp, ...envelope } = reading.envelope;
  if (vector['normalized'] !== null) expectSame('normalized', { ...envelope, ts: timestamp.canonical }, vector['normalized']);
}

/** The same frame as a signed type must be refused for its duplicate. */
function refusesWhenSigned(data: string | Uint8Array, reading: Reading): void {
  if (typeof data !== 'string' || 'error' in reading) return;
  const signed = data.replaceAll(`"type":${JSON.stringify(reading.envelope.type)}`, '"type":"command.request"');
  const again = read(signed, 'hardened');
  expectSame('as a signed type', 'error' in again ? again.error.kind : 'accepted', 'duplicate_key');
}

function generate(how: string, count: number): string {
  const repeated = /^'(.)' repeated n times$/u.exec(how);
  if (repeated !== null) return repeated[1]!.repeat(count);
  const field = /^a valid envelope whose (\w+) is n digits '(\d)'$/.exec(how);
  if (field === null) return fail(`do not know how to generate: ${how}`);
  const envelope = { v: 1, type: 'heartbeat', id: 'i', ts: '2026-02-21T12:00:00Z', agent_id: 'node-7', payload: {} };
  const digits = field[2]!.repeat(count);
  return JSON.stringify({ ...envelope, [field[1]!]: '@' }).replace('"@"', digits);
}

const PAYLOAD_TYPES: Readonly<Record<string, MessageType>> = {
  RegisterPayload: 'register',
  MetricsPayload: 'metrics.push',
  CommandRequestPayload: 'command.request',
  CommandSequencePayload: 'command.sequence',
  CommandResultPayload: 'command.result',
  CommandProgressPayload: 'command.progress',
  LogBatchPayload: 'log.batch',
  EventsBatchPayload: 'events.batch',
  SignoffStatePayload: 'signoff.state',
};

/** Payloads are read by field name in both dialects; strict types are the business of whoever uses them. */
function checkPayload(vector: Vector, dialect: Dialect): void {
  const type = PAYLOAD_TYPES[text(vector, 'payload_type')] ?? fail(`unknown payload_type ${text(vector, 'payload_type')}`);
  let parsed: unknown;
  try {
    parsed = readPayloadFields(type, vector['data']);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    expectSame('accept', false, vector['accept']);
    expectSame('error_kind', error.kind, vector['error_kind']);
    expectSame('error_class', error.referenceClass ?? error.name, vector['error_class']);
    return;
  }
  expectSame('accept', true, vector['accept']);
  expectSame('parsed', parsed, vector['parsed']);
  if (dialect === 'hardened') expectNoLoss(type, vector['data'] as JsonObject, parsed as object);
}

/** Whatever the typed reading accepts, it reads alike. */
function expectNoLoss(type: MessageType, data: JsonObject, parsed: object): void {
  let typed: Readonly<Record<string, unknown>>;
  try {
    typed = parsePayload(type, data, 'hardened');
  } catch (error) {
    if (error instanceof ProtocolError && error.kind === 'bad_payload') return;
    throw error;
  }
  for (const [name, value] of Object.entries(parsed)) expectSame(`typed ${name}`, typed[name], value);
}
