import { createHash } from 'node:crypto';
import { connect } from 'node:tls';
import type { DetailedPeerCertificate } from 'node:tls';
import { Enrollment } from '../errors.ts';

const HANDSHAKE_MS = 10_000;

/**
 * Finds the CA that a token names in the chain the hub presents (SEC-033). The handshake sends no byte of the request;
 * nothing is trusted for having answered, only for having this digest. PEM.
 */
export async function findAuthority(endpoint: URL, caDigest: string, timeoutMs: number = HANDSHAKE_MS): Promise<string> {
  const chain = await presentedChain(endpoint, timeoutMs);
  const found = chain.find((certificate) => createHash('sha256').update(certificate).digest('hex') === caDigest);
  if (found === undefined) {
    throw Enrollment({
      what: `the hub at ${endpoint.origin} does not show the CA that the token names, so this may be another machine in its place; nothing was sent. Check the address, or ask the hub for a new token`,
    });
  }
  const body = found.toString('base64').replaceAll(/.{64}/gu, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

function presentedChain(endpoint: URL, timeoutMs: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const host = endpoint.hostname.replaceAll(/^\[|\]$/gu, '');
    // Not verified here: the one thing read is which certificates are shown.
    const socket = connect({
      host,
      port: Number(endpoint.port || 443),
      servername: /^[\d.:]+$/u.test(host) ? '' : host,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
    });
    // Of the whole handshake: a peer that drips bytes would never be idle.
    const timer = setTimeout(() => socket.destroy(new Error(`no TLS handshake within ${timeoutMs / 1_000} s`)), timeoutMs);
    socket.once('close', () => clearTimeout(timer));
    socket.once('secureConnect', () => {
      const chain: Buffer[] = [];
      let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
      while (certificate?.raw !== undefined && !chain.some((seen) => seen.equals(certificate?.raw ?? Buffer.alloc(0)))) {
        chain.push(certificate.raw);
        certificate = certificate.issuerCertificate;
      }
      socket.destroy();
      resolve(chain);
    });
    socket.once('error', (error) =>
      reject(
        Enrollment(
          {
            what: `cannot reach the hub at ${endpoint.origin}: ${error.message}; check the address and the firewall for outgoing connections`,
          },
          { cause: error },
        ),
      ),
    );
  });
}
