import { RenewalAnswer } from '@stormpulse/services';
import { NotIssued, parseCertificates, readIssued } from './issued-certificate.ts';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/**
 * Gives the chain of a renewal's answer when it may take the place of this agent's certificate: for the new key and the same
 * id, of the CA in this host's file, for clients, and valid now (SEC-028). Throws `E_RENEW_ANSWER`.
 */
export function checkRenewed(
  answer: unknown,
  expected: { readonly agentId: string; readonly keyPem: string; readonly caPem: string; readonly now: number },
): string {
  const { agentId, keyPem, caPem, now } = expected;
  try {
    const { certificatePem, leaf, authorities } = readIssued(answer, agentId, keyPem);
    const known = new Set(parseCertificates(caPem, 'the file of [tls] ca_cert').map(({ fingerprint256 }) => fingerprint256));
    if (authorities.some(({ fingerprint256 }) => !known.has(fingerprint256)))
      throw new NotIssued("it comes with another CA than this host's file of [tls] ca_cert; enroll again to trust that one");
    if (!(leaf.keyUsage ?? []).includes(CLIENT_AUTH)) throw new NotIssued('it lacks extended key usage clientAuth');
    if (now < Date.parse(leaf.validFrom) || Date.parse(leaf.validTo) <= now)
      throw new NotIssued(
        `by this host's clock it is valid only from ${leaf.validFrom} to ${leaf.validTo}; check the clocks of both sides`,
      );
    return certificatePem;
  } catch (cause) {
    if (!(cause instanceof NotIssued)) throw cause;
    throw RenewalAnswer({ problem: cause.message }, { cause });
  }
}
