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
  /** Not the one spelling of SEC-056; told of signed messages when `strict = false` let the frame through. */
  'bad_ts',
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
  'operator_confirmation_missing',
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** Event kinds that tell of refusals (security model, section 19). */
export type RefusalEvent =
  | 'signature_failure'
  | 'replay_refused'
  | 'identity_mismatch'
  | 'param_refused'
  | 'ambiguous_params'
  | 'clock_rollback'
  | 'nonce_store_fault'
  | 'rate_limited';

const MALFORMED = 'the signed message is malformed';

/**
 * What each refusal is told as. `event`: v1's `signature_failure` for what v1 reports so and for signatures of our own, one of
 * our kinds for what v1 has no event for; the event's `failure_reason` is the reason in either case. `text` is for a person and
 * holds nothing of the message. None of them is answered. Documented in docs/reference/refusals.md.
 */
export const REFUSALS: Readonly<Record<RefusalReason, { readonly event: RefusalEvent; readonly text: string }>> = {
  secret_missing: of('signature_failure', 'the signing key is missing; enroll again'),
  secret_empty: of('signature_failure', 'the signing key is empty; enroll again'),
  wrong_type: of('signature_failure', 'messages of this type are not signed'),
  future_dated: of('signature_failure', "the command is dated more than 5 s ahead of this host's clock; check both clocks"),
  too_old: of('signature_failure', 'the command is older than command_max_age_seconds; check both clocks, or send it again'),
  bad_signature: of(
    'signature_failure',
    'the signature does not fit; the hub holds another key than this agent, or the message was changed on its way',
  ),
  replayed_nonce: of('signature_failure', 'the command was received before; each is good for one run'),
  unspecified: of('signature_failure', "a fault of the agent kept it from being acted on; see the agent's log"),
  wrong_agent: of('identity_mismatch', 'the command is addressed to another agent'),
  wrong_request_id: of('identity_mismatch', 'the request id does not belong to the nonce'),
  payload_missing_fields: of('signature_failure', `${MALFORMED}: a field is missing`),
  bad_ts: of('signature_failure', `${MALFORMED}: ts is not spelled YYYY-MM-DDTHH:MM:SS[.ffffff]Z, or with +HH:MM`),
  bad_command: of('signature_failure', `${MALFORMED}: command is no name of 1 to 128 printable characters`),
  bad_params: of('param_refused', `${MALFORMED}: params is no object of texts`),
  too_many_params: of('param_refused', `${MALFORMED}: more than 32 parameters`),
  param_not_a_string: of('param_refused', `${MALFORMED}: a parameter is no text`),
  bad_param_key: of('param_refused', `${MALFORMED}: the name of a parameter is empty or holds =, & or a line break`),
  not_well_formed: of('param_refused', `${MALFORMED}: a parameter holds half a character (a lone surrogate)`),
  bad_nonce: of('signature_failure', `${MALFORMED}: nonce is no text of 1 to 128 printable characters`),
  bad_sequence_id: of('signature_failure', `${MALFORMED}: sequence_id is no text of 1 to 128 printable characters`),
  sequence_id_is_command: of('signature_failure', `${MALFORMED}: sequence_id is the name of a command`),
  bad_commands: of('signature_failure', `${MALFORMED}: commands is no list of command names`),
  empty_sequence: of('signature_failure', `${MALFORMED}: the sequence is empty`),
  too_many_commands: of('signature_failure', `${MALFORMED}: more than 32 commands in a sequence`),
  bad_stop_on_failure: of('signature_failure', `${MALFORMED}: stop_on_failure is neither true nor false`),
  ambiguous_params: of('ambiguous_params', 'the parameters have a second reading under the same signature'),
  clock_rollback: of('clock_rollback', "this host's clock stepped back; commands are refused until it has caught up"),
  before_floor: of(
    'replay_refused',
    "the command is dated before the time from which this agent's nonce store is complete; send it again",
  ),
  nonce_store_full: of('nonce_store_fault', 'the nonce store is full; send the command again in a minute'),
  nonce_store_fault: of('nonce_store_fault', "the nonce store cannot be written; see the agent's log and its disk"),
  rate_limited: of('rate_limited', 'more refusals than are told one by one'),
  operator_signature_missing: of(
    'signature_failure',
    "this host runs the command only with an operator's signature beside the hub's; sign it with a key of [operator] keys",
  ),
  bad_operator_signature: of(
    'signature_failure',
    "the operator's signature does not fit: another key than those of [operator] keys, or made for another host, another version of the command, or other parameters",
  ),
  operator_confirmation_missing: of(
    'signature_failure',
    "the operator's signature lacks the confirmation phrase, which is this agent's id; confirm and sign again",
  ),
};

function of(event: RefusalEvent, text: string): { readonly event: RefusalEvent; readonly text: string } {
  return { event, text };
}

/** The kinds above: an event of one of them with a `command_ref` says that this command was not run. */
export const REFUSAL_EVENTS: ReadonlySet<unknown> = new Set(Object.values(REFUSALS).map(({ event }) => event));
