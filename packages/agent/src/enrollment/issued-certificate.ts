import { X509Certificate, createPrivateKey } from 'node:crypto';

/** What is wrong with certificates a hub sent, in words for a person. */
export class NotIssued extends Error {}

export interface IssuedCertificate {
  readonly certificatePem: string;
  readonly caPem: string;
  readonly leaf: X509Certificate;
  readonly authorities: readonly X509Certificate[];
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/gu;

/** The certificate of a hub's answer: for our key, with our name, and leading to the CA that came with it. Throws {@link NotIssued}. */
export function readIssued(answer: unknown, agentId: string, keyPem: string): IssuedCertificate {
  const fields = (typeof answer === 'object' && answer !== null ? answer : {}) as Readonly<Record<string, unknown>>;
  const certificatePem = pem(fields, 'client_cert_pem');
  const caPem = pem(fields, 'ca_cert_pem');
  const [leaf, ...intermediates] = parseCertificates(certificatePem, 'client_cert_pem');
  const authorities = parseCertificates(caPem, 'ca_cert_pem');
  if (leaf === undefined || authorities.length === 0) throw new NotIssued('a certificate is missing');
  if (!leaf.checkPrivateKey(createPrivateKey(keyPem))) throw new NotIssued('the certificate is for another key');
  // The legacy form is the one that gives the name unescaped.
  const commonName = leaf.toLegacyObject().subject?.CN;
  if (commonName !== agentId)
    throw new NotIssued(`the certificate is for ${JSON.stringify(commonName ?? '')}, not for "${agentId}"`);
  let current = leaf;
  for (let step = 0; step < 5; step += 1) {
    const child = current;
    if (authorities.some((authority) => child.checkIssued(authority) && child.verify(authority.publicKey)))
      return { certificatePem, caPem, leaf, authorities };
    const issuer = intermediates.find((candidate) => child.checkIssued(candidate) && child.verify(candidate.publicKey));
    if (issuer === undefined) break;
    current = issuer;
  }
  throw new NotIssued('the certificate does not lead to the CA that came with it');
}

/** Every certificate of a PEM text. Throws {@link NotIssued} for one that cannot be read. */
export function parseCertificates(text: string, name: string): X509Certificate[] {
  try {
    return (text.match(CERTIFICATE) ?? []).map((block) => new X509Certificate(block));
  } catch (cause) {
    throw new NotIssued(`${name} cannot be read as a certificate`, { cause });
  }
}

function pem(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || !/^[\x00-\x7f]*$/u.test(value) || value.match(CERTIFICATE) === null)
    throw new NotIssued(`${name} holds no PEM certificate`);
  return value.endsWith('\n') ? value : `${value}\n`;
}
