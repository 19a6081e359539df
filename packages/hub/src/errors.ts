/** One wrong part of a request, by JSON pointer (RFC 6901). */
export interface FieldError {
  readonly pointer: string;
  readonly got?: string;
  readonly expected: string;
  readonly fix?: string;
}

/** A refusal: `code` is stable for programs, the message is for people and says what to do (hub page, section 6). */
export class HubError extends Error {
  readonly code: `E_${string}`;
  /** The HTTP status that goes with it. */
  readonly status: number;
  readonly errors: readonly FieldError[];

  constructor(
    code: `E_${string}`,
    status: number,
    message: string,
    options: ErrorOptions & { readonly errors?: readonly FieldError[] } = {},
  ) {
    super(message, options);
    this.name = 'HubError';
    this.code = code;
    this.status = status;
    this.errors = options.errors ?? [];
  }
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
