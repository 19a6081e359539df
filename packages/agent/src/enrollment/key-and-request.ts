import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A fresh key, which never leaves this host, and the request for its certificate. */
export interface KeyAndRequest {
  /** PKCS#8 PEM. */
  readonly keyPem: string;
  /** PKCS#10 PEM: subject `CN=<agent id>`, no extensions (wire page, section 4). */
  readonly csrPem: string;
}

export async function createKeyAndRequest(agentId: string): Promise<KeyAndRequest> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  // A bare string would be read as RFC 4514 text, in which `\`, `#` and more are syntax.
  const name = new x509.Name([{ CN: [{ utf8String: agentId }] }]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: ALGORITHM }, crypto);
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { keyPem: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`, csrPem: request.toString('pem') };
}
