import { OptionalKind, Type } from '@sinclair/typebox';
import { Errors } from '@sinclair/typebox/errors';
import { Check } from '@sinclair/typebox/value';
import type { TObject, TSchema } from '@sinclair/typebox';
import type { Dialect } from './dialect.ts';
import { isJsonObject } from './json-value.ts';
import type { JsonObject } from './json-value.ts';
import { HUB_TO_AGENT_TYPES, isSignedType } from './message-types.ts';
import type { MessageType, WireType } from './message-types.ts';
import { PAYLOAD_SCHEMAS } from './payload-schemas.ts';
import type { Payloads } from './payload-schemas.ts';
import { ContainerRecord } from './payloads/agent-to-hub.ts';
import { ProtocolError } from './protocol-error.ts';

/** Payloads that v1 never reads by field. */
const FREE_TYPES: ReadonlySet<WireType> = new Set<MessageType>([
  'heartbeat',
  ...HUB_TO_AGENT_TYPES.filter((type) => !isSignedType(type)),
]);
const Free = Type.Object({});

/** A payload read by field name: absent optional fields have their default. No types are checked. */
export type PayloadFields = Readonly<Record<string, unknown>>;

/**
 * A payload with the types its schema promises. Absent optional fields have v1's default; unknown keys are dropped, except in
 * `command.result` and in payloads that v1 leaves free.
 * Hardened: throws `payload_missing_fields`, `payload_not_object`, `field_not_list` or `bad_payload`.
 * Reference: as {@link readPayloadFields}; types are not checked, so the result may not be what its type says.
 */
export function parsePayload<T extends WireType>(type: T, payload: JsonObject, dialect: Dialect): Payloads[T] {
  if (dialect === 'reference') return readPayloadFields(type, payload) as Payloads[T];
  const schema: TObject = PAYLOAD_SCHEMAS[type];
  const fields = readFields(schema, payload, { ours: true, unknown: schema.additionalProperties !== undefined });
  if (!Check(schema, fields)) throw badPayload(type, schema, fields);
  return fields as Payloads[T];
}

/**
 * A payload as protocol v1 reads it (wire page, section 1.5): by field name, unknown fields dropped, no type checks but for
 * `containers`. Free payloads come back whole. Throws `payload_not_object`, `payload_missing_fields` or `field_not_list`.
 */
export function readPayloadFields(type: WireType, payload: unknown): PayloadFields {
  if (FREE_TYPES.has(type)) return readFields(Free, payload, { ours: true, unknown: true });
  const fields = readFields(PAYLOAD_SCHEMAS[type], payload, { ours: false, unknown: false });
  if (type === 'metrics.push') return { ...fields, containers: readContainers(fields['containers']) };
  return fields;
}

function readFields(
  schema: TObject,
  payload: unknown,
  keep: { readonly ours: boolean; readonly unknown: boolean },
): Record<string, unknown> {
  if (!isJsonObject(payload)) throw new ProtocolError('payload_not_object', 'payload must be a JSON object');
  const fields: Record<string, unknown> = keep.unknown ? { ...payload } : {};
  const missing: string[] = [];
  for (const [name, property] of Object.entries(schema.properties)) {
    const optional = isOptional(property);
    if (payload[name] !== undefined) {
      if (keep.ours || !optional) fields[name] = payload[name];
    } else if ('default' in property) fields[name] = property.default;
    else if (!optional) missing.push(name);
  }
  if (missing.length > 0) throw new ProtocolError('payload_missing_fields', `the payload lacks ${missing.join(', ')}`);
  return fields;
}

function readContainers(containers: unknown): PayloadFields[] {
  if (!Array.isArray(containers)) throw new ProtocolError('field_not_list', 'containers must be a list');
  return containers.map((container: unknown) => readFields(ContainerRecord, container, { ours: false, unknown: false }));
}

function isOptional(property: TSchema): boolean {
  return OptionalKind in property;
}

/** Names the field and what was expected, never the value. */
function badPayload(type: WireType, schema: TObject, fields: unknown): ProtocolError {
  const first = Errors(schema, fields).First();
  return new ProtocolError('bad_payload', `${type}: ${first?.path ?? '/'}: ${first?.message ?? 'unexpected value'}`);
}
