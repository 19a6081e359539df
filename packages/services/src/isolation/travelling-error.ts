import { AgentError, isAgentError } from '@stormpulse/plugin-api';
import type { Fault, Status } from '@stormpulse/plugin-api';

/** An error as it passes between a plugin and the agent: no stack, no cause. */
export interface TravellingError {
  readonly message: string;
  readonly code?: string;
  readonly status?: string;
  readonly fault?: string;
  readonly details?: object;
}

const MAX_CHARS = 4_000;
const CODE = /^E_[A-Z0-9_]{1,63}$/u;
const STATUSES: ReadonlySet<string> = new Set([
  'invalid_argument',
  'unauthenticated',
  'permission_denied',
  'not_found',
  'already_exists',
  'failed_precondition',
  'resource_exhausted',
  'aborted',
  'cancelled',
  'deadline_exceeded',
  'unavailable',
  'unimplemented',
  'internal',
] satisfies Status[]);
const FAULTS: ReadonlySet<string> = new Set(['caller', 'operator', 'plugin', 'host', 'remote', 'bug'] satisfies Fault[]);

/** What is told of anything that was thrown. */
export function packError(error: unknown): TravellingError {
  const message = textOf(error).slice(0, MAX_CHARS);
  if (!isAgentError(error)) return { message };
  const { code, status, fault, details } = error;
  return { message, code, status, fault, details };
}

/** The error again, of the same code; what is out of shape is an ordinary one. */
export function unpackError(value: unknown): Error {
  const { message, code, status, fault, details } = (value ?? {}) as Record<string, unknown>;
  const text = typeof message === 'string' ? message.slice(0, MAX_CHARS) : 'an error without a message';
  if (typeof code !== 'string' || !CODE.test(code)) return new Error(text);
  const kind = {
    code,
    status: (STATUSES.has(String(status)) ? status : 'internal') as Status,
    fault: (FAULTS.has(String(fault)) ? fault : 'plugin') as Fault,
  };
  return new AgentError(kind, text, typeof details === 'object' && details !== null ? details : {});
}

/** Its text, whatever a plugin threw. */
export function textOf(error: unknown): string {
  try {
    // A message is whatever its author set.
    const text: unknown = error instanceof Error ? error.message : error;
    return String(text);
  } catch {
    return 'something that has no text';
  }
}
