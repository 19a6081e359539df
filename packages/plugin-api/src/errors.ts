/** gRPC's canonical status names: what the caller may do about it. */
export type Status =
  | 'invalid_argument'
  | 'unauthenticated'
  | 'permission_denied'
  | 'not_found'
  | 'already_exists'
  | 'failed_precondition'
  | 'resource_exhausted'
  | 'aborted'
  | 'cancelled'
  | 'deadline_exceeded'
  | 'unavailable'
  | 'unimplemented'
  | 'internal';

/** Who must act: decides the wording, the log level, and whose attention it asks for. */
export type Fault = 'caller' | 'operator' | 'plugin' | 'host' | 'remote' | 'bug';

/** An error as it leaves the host: no stack, no cause. */
export interface WireError {
  readonly code: string;
  readonly status: Status;
  readonly message: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

const brand = Symbol.for('@stormpulse/error');
const RETRYABLE: ReadonlySet<Status> = new Set(['unavailable', 'deadline_exceeded', 'aborted']);

/** The one error class. Made by {@link defineError}; told apart by `code`, across copies of this package. */
export class AgentError extends Error {
  readonly code: string;
  readonly status: Status;
  readonly fault: Fault;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(kind: Pick<AgentError, 'code' | 'status' | 'fault'>, message: string, details: object, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AgentError';
    this.code = kind.code;
    this.status = kind.status;
    this.fault = kind.fault;
    this.retryable = RETRYABLE.has(kind.status);
    this.details = { ...details };
    Object.defineProperty(this, brand, { value: true });
  }

  toWire(): WireError {
    const { code, status, message, retryable, details } = this;
    return { code, status, message, retryable, details };
  }
}

/** One catalogue entry: call it with its details to make the error, ask `is` to recognise it. */
export interface ErrorKind<D extends object> {
  (details: D, options?: ErrorOptions): AgentError;
  readonly code: string;
  readonly status: Status;
  readonly fault: Fault;
  is(error: unknown): error is AgentError;
}

/** True for an {@link AgentError} of any copy of this package. */
export function isAgentError(error: unknown): error is AgentError {
  return error instanceof Error && brand in error;
}

/** Defines a catalogue entry. Codes are `E_<AREA>_<REASON>` and never reused. */
export function defineError<D extends object>(
  code: `E_${string}`,
  status: Status,
  fault: Fault,
  message: (details: D) => string,
): ErrorKind<D> {
  const make = (details: D, options?: ErrorOptions): AgentError =>
    new AgentError({ code, status, fault }, message(details), details, options);
  const is = (error: unknown): error is AgentError => isAgentError(error) && error.code === code;
  return Object.freeze(Object.assign(make, { code, status, fault, is }));
}
