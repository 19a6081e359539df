/** What was wrong with a frame, a payload or something to be signed. The first twelve are the names used by the shared vectors. */
export type ProtocolErrorKind =
  | 'invalid_json'
  | 'not_object'
  | 'missing_fields'
  | 'unsupported_version'
  | 'unknown_type'
  | 'ts_not_string'
  | 'ts_invalid'
  | 'ts_naive'
  | 'bad_agent_id'
  | 'payload_not_object'
  | 'payload_missing_fields'
  | 'field_not_list'
  /** Reference dialect only: the reference agent fails here with an error of another class, named by `referenceClass`. */
  | 'uncaught'
  | 'not_utf8'
  | 'too_deep'
  | 'too_many_nodes'
  | 'too_many_keys'
  | 'duplicate_key'
  | 'forbidden_key'
  | 'number_not_finite'
  | 'not_well_formed'
  | 'bad_id'
  | 'bad_payload'
  | 'unsignable'
  | 'secret_empty'
  | 'reserved_extra';

/** More about a {@link ProtocolError}. */
export interface ProtocolErrorDetails {
  /** Exception class of the reference agent, for kind `uncaught`. */
  readonly referenceClass?: string;
  /** The refusal reason a hardened agent would give, for kind `unsignable`. */
  readonly reason?: string;
  readonly cause?: unknown;
}

/** The only error the parsing and signing functions of this package throw for bad input. Never quotes values from the frame. */
export class ProtocolError extends Error {
  readonly kind: ProtocolErrorKind;
  readonly referenceClass: string | undefined;
  readonly reason: string | undefined;

  constructor(kind: ProtocolErrorKind, message: string, details: ProtocolErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ProtocolError';
    this.kind = kind;
    this.referenceClass = details.referenceClass;
    this.reason = details.reason;
  }
}
