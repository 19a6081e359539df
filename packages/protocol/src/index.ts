export type { Dialect } from './dialect.ts';
export {
  AGENT_TO_HUB_TYPES,
  FEATURE_TYPES,
  HUB_TO_AGENT_TYPES,
  isMessageType,
  isSignedType,
  MESSAGE_TYPES,
} from './message-types.ts';
export type { MessageType, SignedType, WireType } from './message-types.ts';
export { ProtocolError } from './protocol-error.ts';
export type { ProtocolErrorDetails, ProtocolErrorKind } from './protocol-error.ts';
export {
  AGENT_JSON_LIMITS,
  COMMAND_MAX_AGE_SECONDS,
  HUB_JSON_LIMITS,
  MAX_FUTURE_SECONDS,
  MAX_HUB_FRAME_BYTES,
  MAX_NAME_CODE_POINTS,
  MAX_PARAMS,
  MAX_SEQUENCE_COMMANDS,
} from './limits.ts';
export type { JsonLimits } from './limits.ts';
export { isJsonObject } from './json-value.ts';
export type { JsonArray, JsonObject, JsonValue } from './json-value.ts';
export { parseFrame } from './frame.ts';
export type { FrameOptions, RawEnvelope } from './frame.ts';
export { parsePayload, readPayloadFields } from './payload.ts';
export { PAYLOAD_SCHEMAS } from './payload-schemas.ts';
export type {
  CommandOutputPayload,
  CommandProgressPayload,
  CommandRequestPayload,
  CommandResultPayload,
  CommandSequencePayload,
  EventsBatchPayload,
  LogBatchPayload,
  MetricsPayload,
  Payloads,
  RegisterOkPayload,
  RegisterPayload,
  SignoffStatePayload,
} from './payload-schemas.ts';
export { CommandManifest, CommandManifestEntry } from './payloads/manifest.ts';
export { DeclaredPlugin, FormField, PluginCommand } from './payloads/plugin-manifest.ts';
export { problemWithManifest, problemWithPlugin } from './manifest-bounds.ts';
export { displayTemplate, displayWord, sortedManifest } from './manifest.ts';
export { createMessage, encodeMessage } from './message.ts';
export type { Envelope } from './message.ts';
export { FrameNumbers, isTold } from './frame-numbers.ts';
export type { FrameNumbersOptions, LinkFault } from './frame-numbers.ts';
export { commonFeatures, FEATURES } from './features.ts';
export type { Feature } from './features.ts';
export { formatTimestamp, parseTimestamp } from './timestamp.ts';
export type { Timestamp } from './timestamp.ts';
export { compareCodePoints } from './code-point-order.ts';
export { canonicalParams, canonicalRequest, canonicalSequence } from './canonical.ts';
export type { RequestText, SequenceText } from './canonical.ts';
export { ambiguousParams } from './ambiguity.ts';
export { checkParams } from './params.ts';
export type { ParamsReason } from './params.ts';
export type { ProtocolCrypto } from './crypto.ts';
export { boundRequestId, requestIdText } from './request-id.ts';
export { hmacHex, signRequest, signSequence, toHex, verifySignature } from './signature.ts';
export { isStorableKey, loadHmacKey } from './key.ts';
export { operatorText, signAsOperator, specDigest, verifyOperatorSignature } from './operator.ts';
export type { OperatorCrypto, OperatorText } from './operator.ts';
export { REFUSAL_EVENTS, REFUSAL_REASONS, REFUSALS, V1_REFUSAL_REASONS } from './refusal.ts';
export type { RefusalEvent, RefusalReason } from './refusal.ts';
export { checkFreshness } from './freshness.ts';
export { isCommandName, isWireName } from './signed-fields.ts';
export { checkSignedPayload } from './signed-payload.ts';
export type { SignedPayload, SignedPayloadContext, SignedPayloadRefusal } from './signed-payload.ts';
export { canonicalJson, digestOf } from './canonical-json.ts';
export { eventRecord } from './event.ts';
export type { EventFields, EventRecord } from './event.ts';
export { EventBuffer } from './event-buffer.ts';
export type { EventBufferOptions } from './event-buffer.ts';
export { jobEventContext, nonSecretParams } from './job-event-context.ts';
export { commandResult } from './command-result.ts';
export type { StandardResult } from './command-result.ts';
export { unsealedDuration } from './unsealed-duration.ts';
export { versionIn } from './version-in.ts';
export { containerRecords } from './container-records.ts';
export { referenceCanonicalText } from './reference/canonical.ts';
export { encodeReference } from './reference/encode.ts';
export { pythonText } from './reference/python-text.ts';
export { PythonFloat } from './reference/python-float.ts';
export { readReferenceJson } from './reference/json-reader.ts';
