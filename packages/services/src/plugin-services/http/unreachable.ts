import { isAgentError } from '@stormpulse/plugin-api';
import type { AgentError } from '@stormpulse/plugin-api';
import { HttpUnreachable } from './errors.ts';
import type { Asked } from './errors.ts';

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'there is no such socket',
  ENOTSOCK: 'that is no socket',
  EACCES: "this agent's user may not open the socket; the group of the socket may be what it lacks",
  EPERM: "this agent's user may not connect to it",
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'the host does not answer',
  ECONNRESET: 'the connection was closed before the answer was whole',
  EPIPE: 'the connection was closed before the request was whole',
  EMFILE: 'this agent has no file descriptor left',
  HPE_HEADER_OVERFLOW: 'its headers are too large',
};

/** What a socket said, as the error that a plugin gets; one that is such an error already stays what it is. */
export function unreachable(asked: Asked, error: unknown): AgentError {
  if (isAgentError(error)) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return HttpUnreachable({ ...asked, reason: WORDS[code] ?? otherReason(code) }, { cause: error });
}

function otherReason(code: string): string {
  if (/CERT|ALTNAME|SIGNATURE|ISSUER/u.test(code)) return `its certificate is not accepted (${code})`;
  if (code.startsWith('HPE_')) return `what came back is no HTTP (${code})`;
  return code === '' ? 'the connection failed' : `the connection failed (${code})`;
}
