import { x509 } from './x509.ts';
import { HubError, messageOf } from '../errors.ts';

const ONE_PEM = /^\s*-----BEGIN CERTIFICATE REQUEST-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE REQUEST-----\s*$/;
const PRIME256V1 = '1.2.840.10045.3.1.7';

/**
 * Checks a PKCS#10 request (security model, SEC-301): one PEM block, EC P-256, subject exactly `CN=<agent id>`, signed with
 * its own key. Requested extensions are ignored. Returns the public key; throws HubError E_ENROL_CSR (400).
 */
export async function checkCsr(pem: string, agentId: string): Promise<x509.PublicKey> {
  if (!ONE_PEM.test(pem)) throw refused('csr_pem must be one PEM block "CERTIFICATE REQUEST"');
  const request = parse(pem);
  const subject = request.subjectName.toJSON();
  const names = subject[0]?.['CN'];
  const exact = subject.length === 1 && Object.keys(subject[0] ?? {}).length === 1 && names?.length === 1 && names[0] === agentId;
  if (!exact) throw refused(`the request's subject must be exactly CN=${agentId}`);
  const algorithm = request.publicKey.algorithm as { readonly name: string; readonly namedCurve?: string };
  if (algorithm.name !== 'ECDSA' || !['P-256', PRIME256V1].includes(algorithm.namedCurve ?? '')) {
    throw refused('the key must be EC P-256');
  }
  const proven = await request.verify().catch((error: unknown) => {
    throw refused(`the signature cannot be checked (${messageOf(error)})`);
  });
  if (!proven) throw refused('the request is not signed with its own key');
  return request.publicKey;
}

function parse(pem: string): x509.Pkcs10CertificateRequest {
  try {
    return new x509.Pkcs10CertificateRequest(pem);
  } catch (error) {
    throw refused(`csr_pem cannot be read (${messageOf(error)})`);
  }
}

function refused(what: string): HubError {
  return new HubError('E_ENROL_CSR', 400, `certificate request refused: ${what}`);
}
