import { Enrollment } from '../errors.ts';

/** A one-time token as the hub printed it; sent whole. */
export interface EnrollmentToken {
  readonly text: string;
  /** SHA-256 of the hub's CA certificate (DER), lower-case hex; absent in tokens of v1 hubs. */
  readonly caDigest: string | undefined;
}

const MAX_TOKEN_CHARS = 4_096;

/**
 * Reads `sp1.<secret>.<CA SHA-256>`, or any token of a v1 hub. One that begins like ours and does not end like it was cut off
 * on its way here: without its digest it would be sent to whoever answers (SEC-033), so it is refused. Throws `E_ENROLL`.
 */
export function readToken(text: string): EnrollmentToken {
  if (!/^[\x21-\x7e]+$/u.test(text) || text.length > MAX_TOKEN_CHARS) {
    throw refuse(`the token is ${text === '' ? 'empty' : 'not one printable word'}`);
  }
  if (!text.startsWith('sp1.')) return { text, caDigest: undefined };
  const digest = /^sp1\.[^.]+\.([0-9a-f]{64})$/iu.exec(text)?.[1];
  if (digest === undefined) throw refuse('the token is cut off or altered: sp1.<secret>.<64 hexadecimal digits> was expected');
  return { text, caDigest: digest.toLowerCase() };
}

function refuse(problem: string): Error {
  return Enrollment({ what: `${problem}. No request was made; copy the whole token as the hub printed it, in quotes` });
}
