import { Type } from '@sinclair/typebox';

/** Payload of `command.request` (section 2.5). `hmac` is 64 lower-case hex digits. `op_sig` is ours: an operator's co-signature. */
export const CommandRequestPayload = Type.Object({
  command: Type.String(),
  params: Type.Record(Type.String(), Type.String()),
  hmac: Type.String(),
  nonce: Type.String(),
  op_sig: Type.Optional(Type.String()),
});

/** Payload of `command.sequence` (section 2.6). */
export const CommandSequencePayload = Type.Object({
  sequence_id: Type.String(),
  commands: Type.Array(Type.String()),
  stop_on_failure: Type.Boolean(),
  hmac: Type.String(),
  nonce: Type.String(),
  op_sig: Type.Optional(Type.String()),
});

/** Payload of `register.ok`. Free in v1; ours are `features`, what both sides named, and `manifest`, the digest of the
 * `plugin.manifest` that the hub has of this agent. */
export const RegisterOkPayload = Type.Object(
  { features: Type.Optional(Type.Array(Type.String())), manifest: Type.Optional(Type.String()) },
  { additionalProperties: Type.Unknown() },
);

/** Payload of an acknowledgement that names nothing. Free in v1. */
export const AckPayload = Type.Object({}, { additionalProperties: Type.Unknown() });

/** Payload of `log.batch.ack` and `events.batch.ack`. */
export const BatchAckPayload = Type.Object({ batch_id: Type.String() }, { additionalProperties: Type.Unknown() });

/** Payload of `command.result.ack`. Free in v1; with feature `results.ack` it says which result. */
export const ResultAckPayload = Type.Object(
  { request_id: Type.Optional(Type.String()) },
  { additionalProperties: Type.Unknown() },
);

/** Payload of `command.output.ack`: the hub has this piece and all of the request before it. */
export const CommandOutputAckPayload = Type.Object({ request_id: Type.String(), seq: Type.Integer({ minimum: 0 }) });

/** Payload of `error`. Free in v1. */
export const ErrorPayload = Type.Object(
  { code: Type.Optional(Type.String()), message: Type.Optional(Type.String()) },
  { additionalProperties: Type.Unknown() },
);
