import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import type { ConnectionOptions, PeerCertificate, SecureVersion, TLSSocket } from 'node:tls';
import { ConnCredentials } from './errors.ts';
import { pinProblem } from './pins.ts';
import { openTunnel } from './proxy.ts';
import type { ProxyOptions } from './proxy.ts';
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
  /** `[dashboard] proxy`; none: the hub is dialled directly (SEC-003). */
  readonly proxy?: ProxyOptions | undefined;
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

/** What makes a request go to the hub: nothing, or a tunnel of the host's proxy with the same TLS inside. Rejects with `E_CONN_REFUSED`. */
export async function wayTo(
  url: URL,
  { proxy }: HubTls,
  signal: AbortSignal,
  stageMs?: number,
): Promise<{ readonly createConnection?: (options: ConnectionOptions) => TLSSocket }> {
  if (proxy === undefined) return {};
  const host = url.hostname.replaceAll(/^\[|\]$/gu, '');
  const socket: Socket = await openTunnel(proxy, { host, port: url.port === '' ? 443 : Number(url.port) }, signal, stageMs);
  const servername = isIP(host) === 0 ? host : '';
  // A path would be taken for that of a local socket.
  return {
    createConnection: (options) => connect({ ...options, host, servername, socket, path: undefined } as ConnectionOptions),
  };
}
