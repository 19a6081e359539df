import { X509Certificate, createHash } from 'node:crypto';
import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls';
import { IdentityRefused } from './server-identity.ts';

const MAX_CHAIN = 10;

/** SEC-025, for SHA-256 digests of SPKIs in hex, after the chain itself was verified: the hub's key or that of a CA above it must be pinned. Undefined: it is, or nothing is. */
export function pinProblem(peer: PeerCertificate, pins: readonly string[] = []): Error | undefined {
  if (pins.length === 0) return undefined;
  const found = chainOf(peer).map((certificate) => ({ digest: spkiDigest(certificate), name: certificate.subject }));
  if (found.some(({ digest }) => pins.includes(digest.toString('hex')))) return undefined;
  const told = found.map(({ digest, name }) => `${digest.toString('base64')} (${name.replaceAll('\n', ', ').slice(0, 80)})`);
  return new IdentityRefused(
    `none of the keys of its certificate chain is in pin_sha256 under [tls]; found ${told.join(', ')}`,
    'if the hub was given a new key on purpose, write its pin there; otherwise another machine may be in its place',
  );
}

/** The hub's certificate and its issuers, each proven to have signed the one before: a name alone is anybody's to write. */
function chainOf(peer: PeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let presented: PeerCertificate | undefined = peer;
  while (presented?.raw !== undefined && chain.length < MAX_CHAIN) {
    const certificate = new X509Certificate(presented.raw);
    const child = chain.at(-1);
    if (child !== undefined && (child.raw.equals(certificate.raw) || !child.verify(certificate.publicKey))) break;
    chain.push(certificate);
    presented = (presented as Partial<DetailedPeerCertificate>).issuerCertificate;
  }
  return chain;
}

function spkiDigest({ publicKey }: X509Certificate): Buffer {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}
