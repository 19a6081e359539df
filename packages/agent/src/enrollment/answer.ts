import type { X509Certificate } from 'node:crypto';
import { ProtocolError, loadHmacKey } from '@stormpulse/protocol';
import { Enrollment } from '../errors.ts';
import { NotIssued, readIssued } from './issued-certificate.ts';
import type { IssuedCertificate } from './issued-certificate.ts';

/** What an enrollment gives an agent, checked against its key. */
export interface Identity {
  readonly certificatePem: string;
  readonly caPem: string;
  readonly hmacKey: Buffer;
  /** Extra of our hub; hosts of a v1 hub get it from a person. */
  readonly pulseToken: string | undefined;
  readonly warnings: readonly string[];
}

const MIN_KEY_BYTES = 16;

/** Checks the hub's answer before anything is written. Throws `E_ENROLL`. */
export function checkAnswer(answer: unknown, agentId: string, keyPem: string, now: number = Date.now()): Identity {
  const fields = (typeof answer === 'object' && answer !== null ? answer : {}) as Readonly<Record<string, unknown>>;
  const { certificatePem, caPem, leaf } = issued(answer, agentId, keyPem);
  const warnings = timeWarnings(leaf, now);
  const hmacKey = base64(fields, 'hmac_key');
  const usable = usableBytes(hmacKey);
  if (usable < MIN_KEY_BYTES) throw refuse(`hmac_key has ${usable} usable bytes, at least ${MIN_KEY_BYTES} are needed`);
  if (usable !== hmacKey.length) {
    warnings.push(
      'the hub made a key that begins or ends with white space; if its commands are refused with bad_signature, enroll again',
    );
  }
  const token = fields['pulse_token'];
  return {
    certificatePem,
    caPem,
    hmacKey,
    pulseToken: typeof token === 'string' && /^[\x21-\x7e]{1,200}$/u.test(token) ? token : undefined,
    warnings,
  };
}

/** What every reader strips does not count (SEC-034). */
function usableBytes(key: Buffer): number {
  try {
    return loadHmacKey(key).length;
  } catch (error) {
    if (error instanceof ProtocolError) return 0;
    throw error;
  }
}

function refuse(problem: string): Error {
  return Enrollment({
    what: `the hub's answer was not used: ${problem}. Nothing was written; the token may be spent: ask for a new one`,
  });
}

function issued(answer: unknown, agentId: string, keyPem: string): IssuedCertificate {
  try {
    return readIssued(answer, agentId, keyPem);
  } catch (error) {
    throw error instanceof NotIssued ? refuse(error.message) : error;
  }
}

function base64(fields: Readonly<Record<string, unknown>>, name: string): Buffer {
  const value = fields[name];
  if (
    typeof value !== 'string' ||
    !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u.test(value) ||
    value === ''
  )
    throw refuse(`${name} is not base64`);
  return Buffer.from(value, 'base64');
}

function timeWarnings(leaf: X509Certificate, now: number): string[] {
  if (Date.parse(leaf.validFrom) <= now && now <= Date.parse(leaf.validTo)) return [];
  return [`by this host's clock the new certificate is valid only from ${leaf.validFrom} to ${leaf.validTo}: check the clock`];
}
