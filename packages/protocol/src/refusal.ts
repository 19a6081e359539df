/** Refusal reasons of protocol v1 (wire page, section 3.4). */
export const V1_REFUSAL_REASONS = [
  'secret_missing',
  'secret_empty',
  'wrong_type',
  'future_dated',
  'too_old',
  'bad_signature',
  'replayed_nonce',
  'unspecified',
] as const;

/** Reasons for which a signed message is refused: v1's, then ours. A closed set; hubs must treat the wire field as open. */
export const REFUSAL_REASONS = [
  ...V1_REFUSAL_REASONS,
  /** The envelope names another agent. */
  'wrong_agent',
  /** The request id does not belong to the nonce (feature `request.bind`). */
  'wrong_request_id',
  'payload_missing_fields',
  'bad_command',
  'bad_params',
  'too_many_params',
  'param_not_a_string',
  'bad_param_key',
  'bad_nonce',
  'bad_sequence_id',
  'sequence_id_is_command',
  'bad_commands',
  'empty_sequence',
  'too_many_commands',
  'bad_stop_on_failure',
  'not_well_formed',
  'ambiguous_params',
  'clock_rollback',
  'before_floor',
  'nonce_store_full',
  'nonce_store_fault',
  'rate_limited',
  'operator_signature_missing',
  'bad_operator_signature',
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];
