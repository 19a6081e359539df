import { randomBytes } from 'node:crypto';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** `<prefix>_` and a ULID: 48 bits of time, 80 random bits; sorts by time, is no secret (hub page, section 2). */
export function newId(prefix: 'run' | 'tgt', nowMs: number): string {
  const random = randomBytes(10);
  let bits = BigInt(nowMs);
  for (const byte of random) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let n = 0; n < 26; n += 1) {
    text = (CROCKFORD[Number(bits & 31n)] ?? '0') + text;
    bits >>= 5n;
  }
  return `${prefix}_${text}`;
}

/** What an operator may call an agent; fits a certificate's common name (hub page, section 2). */
export const AGENT_ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

const AGENT_ID = new RegExp(AGENT_ID_PATTERN);

/** True for a sound agent id. */
export function isAgentId(text: string): boolean {
  return AGENT_ID.test(text);
}
