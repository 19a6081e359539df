import type { Dialect } from './dialect.ts';
import type { CommandResultPayload } from './payload-schemas.ts';
import { ProtocolError } from './protocol-error.ts';

/** The standard fields of a result. */
export interface StandardResult {
  readonly request_id: string;
  readonly command: string;
  readonly group: string;
  readonly success: boolean;
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly duration_ms: number;
  readonly sequence_id?: string | null;
  readonly failure_reason?: string | null;
}

/**
 * The payload of a `command.result`: standard fields, then the job's extras beside them (wire page, section 2.8).
 * Hardened: throws `reserved_extra` for an extra with the name of a standard field. Reference: the extra replaces it.
 */
export function commandResult(
  result: StandardResult,
  extras: Readonly<Record<string, unknown>> = {},
  dialect: Dialect = 'hardened',
): CommandResultPayload {
  const { request_id, command, group, success, exit_code, stdout, stderr, duration_ms } = result;
  const standard = {
    request_id,
    command,
    group,
    success,
    exit_code,
    stdout,
    stderr,
    duration_ms,
    sequence_id: result.sequence_id ?? null,
    failure_reason: result.failure_reason ?? null,
  };
  const taken = Object.keys(extras).filter((name) => Object.hasOwn(standard, name));
  if (dialect === 'hardened' && taken.length > 0) {
    throw new ProtocolError('reserved_extra', `a result's extras may not use the names ${taken.join(', ')}`);
  }
  return { ...standard, ...extras };
}
