import type { PeerCertificate, SecureVersion } from 'node:tls';
import { ConnCredentials } from './errors.ts';
import { pinProblem } from './pins.ts';
import { identityProblem } from './server-identity.ts';

/** This agent's certificate chain and its key, PEM. */
export interface ClientPair {
  readonly cert: string;
  readonly key: string;
}

/** How the hub is known, on every connection to it. */
export interface HubTls {
  /** PEM of the one CA to trust, or `'system'` for Node's own roots (SEC-021). */
  readonly ca: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly requireServerEku: boolean;
  /** Of `[tls] pin_sha256`, in hex (SEC-025); none pins nothing. */
  readonly pins?: readonly string[];
}

/** What Node's TLS takes; every option that matters is written out, whatever the default. */
export interface HubTlsOptions extends ClientPair {
  readonly ca?: string;
  readonly minVersion: SecureVersion;
  readonly rejectUnauthorized: true;
  readonly checkServerIdentity: (host: string, peer: PeerCertificate) => Error | undefined;
}

export function hubTlsOptions({ ca, minVersion, requireServerEku, pins }: HubTls, { cert, key }: ClientPair): HubTlsOptions {
  const rules = { requireServerEku, allowWildcard: ca === 'system' };
  return {
    ...(ca === 'system' ? {} : { ca }),
    cert,
    key,
    minVersion,
    rejectUnauthorized: true,
    checkServerIdentity: (host, peer) => identityProblem(host, peer, rules) ?? pinProblem(peer, pins),
  };
}

/** Throws `E_CONN_CREDENTIALS`. */
export function readCredentials(credentials: () => ClientPair): ClientPair {
  try {
    return credentials();
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, 300);
    throw ConnCredentials({ reason }, { cause: error });
  }
}
