import { X509Certificate, createPrivateKey } from 'node:crypto';
import { ProtocolError, loadHmacKey } from '@stormpulse/protocol';
import { Enrollment } from '../errors.ts';

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
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/gu;

/** Checks the hub's answer before anything is written. Throws `E_ENROLL`. */
export function checkAnswer(answer: unknown, agentId: string, keyPem: string, now: number = Date.now()): Identity {
  const fields = (typeof answer === 'object' && answer !== null ? answer : {}) as Readonly<Record<string, unknown>>;
  const certificatePem = pem(fields, 'client_cert_pem');
  const caPem = pem(fields, 'ca_cert_pem');
  const leaf = assertCertificates(certificatePem, caPem, agentId, keyPem);
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

function pem(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || !/^[\x00-\x7f]*$/u.test(value) || value.match(CERTIFICATE) === null)
    throw refuse(`${name} holds no PEM certificate`);
  return value.endsWith('\n') ? value : `${value}\n`;
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

/** The certificate is for our key, names us, and leads to the CA that came with it. */
function assertCertificates(certificatePem: string, caPem: string, agentId: string, keyPem: string): X509Certificate {
  const [leaf, ...intermediates] = parse(certificatePem, 'client_cert_pem');
  const authorities = parse(caPem, 'ca_cert_pem');
  if (leaf === undefined || authorities.length === 0) throw refuse('a certificate is missing');
  if (!leaf.checkPrivateKey(createPrivateKey(keyPem))) throw refuse('the certificate is for another key');
  // The legacy form is the one that gives the name unescaped.
  const commonName = leaf.toLegacyObject().subject?.CN;
  if (commonName !== agentId) throw refuse(`the certificate is for ${JSON.stringify(commonName ?? '')}, not for "${agentId}"`);
  let current = leaf;
  for (let step = 0; step < 5; step += 1) {
    const child = current;
    if (authorities.some((authority) => child.checkIssued(authority) && child.verify(authority.publicKey))) return leaf;
    const issuer = intermediates.find((candidate) => child.checkIssued(candidate) && child.verify(candidate.publicKey));
    if (issuer === undefined) break;
    current = issuer;
  }
  throw refuse('the certificate does not lead to the CA that came with it');
}

function timeWarnings(leaf: X509Certificate, now: number): string[] {
  if (Date.parse(leaf.validFrom) <= now && now <= Date.parse(leaf.validTo)) return [];
  return [`by this host's clock the new certificate is valid only from ${leaf.validFrom} to ${leaf.validTo}: check the clock`];
}

function parse(text: string, name: string): X509Certificate[] {
  try {
    return (text.match(CERTIFICATE) ?? []).map((block) => new X509Certificate(block));
  } catch (cause) {
    throw Enrollment(
      { what: `the hub's answer was not used: ${name} cannot be read as a certificate. Nothing was written` },
      { cause },
    );
  }
}
