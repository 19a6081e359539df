import type { AgentError } from '@stormpulse/plugin-api';
import { ConnRefused, ConnTls } from './errors.ts';
import { IdentityRefused } from './server-identity.ts';

const CHAIN =
  'check that [tls] ca_cert is the CA that issued the hub\'s certificate, or write server_ca = "system" under [tls] if the hub uses a public certificate';

/** What Node and OpenSSL call it, what it means, what to do. */
const REASONS: Readonly<Record<string, { readonly reason: string; readonly fix: string }>> = {
  CERT_HAS_EXPIRED: {
    reason: 'its certificate has expired',
    fix: "renew the hub's certificate, and check the clock of this host",
  },
  CERT_NOT_YET_VALID: { reason: 'its certificate is not valid yet', fix: 'check the clock of this host and of the hub' },
  SELF_SIGNED_CERT_IN_CHAIN: { reason: 'its certificate comes from a CA this agent does not trust', fix: CHAIN },
  DEPTH_ZERO_SELF_SIGNED_CERT: { reason: 'its certificate is self-signed', fix: CHAIN },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { reason: 'its certificate comes from a CA this agent does not trust', fix: CHAIN },
  UNABLE_TO_GET_ISSUER_CERT: { reason: 'its certificate comes from a CA this agent does not trust', fix: CHAIN },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { reason: 'its certificate comes from a CA this agent does not trust', fix: CHAIN },
  CERT_SIGNATURE_FAILURE: { reason: 'its certificate is not signed by the CA it names', fix: CHAIN },
  INVALID_PURPOSE: {
    reason: 'its certificate is not a server certificate',
    fix: 'issue the hub a certificate with extended key usage serverAuth',
  },
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: {
    reason: 'it does not speak TLS 1.3',
    fix: 'update the hub, or write min_version = "1.2" under [tls]',
  },
  ERR_SSL_UNSUPPORTED_PROTOCOL: {
    reason: 'it does not speak TLS 1.3',
    fix: 'update the hub, or write min_version = "1.2" under [tls]',
  },
  ERR_SSL_WRONG_VERSION_NUMBER: { reason: 'it does not speak TLS on this port', fix: 'check host and port of [dashboard] url' },
};

/** OpenSSL's words of an alert that arrives once the socket is up: Node then gives no code of its own but `EPROTO`. */
const ALERTS: readonly (readonly [RegExp, keyof typeof REASONS])[] = [
  [/protocol version|unsupported protocol/u, 'ERR_SSL_UNSUPPORTED_PROTOCOL'],
  [/wrong version number/u, 'ERR_SSL_WRONG_VERSION_NUMBER'],
];

/** Turns whatever the dial threw into `E_CONN_TLS` or `E_CONN_REFUSED`. `afterTls`: the handshake had succeeded on our side. */
export function dialFailure(url: string, error: Error, afterTls: boolean): AgentError {
  const cause = { cause: error };
  if (error instanceof IdentityRefused) return ConnTls({ url, reason: error.message, fix: error.fix }, cause);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const alert = code === 'EPROTO' ? ALERTS.find(([words]) => words.test(error.message))?.[1] : undefined;
  const known = REASONS[alert ?? code];
  if (known !== undefined) return ConnTls({ url, ...known }, cause);
  if (/^ERR_(?:SSL|TLS)|^ERR_OSSL|^EPROTO$|CERT/u.test(code) || /alert (?:bad|unknown|certificate)/iu.test(error.message)) {
    return ConnTls(
      {
        url,
        reason: clean(error),
        fix: "check this agent's certificate (stormpulse status) and the hub's; enroll again if the hub does not know it",
      },
      cause,
    );
  }
  // A hub that checks the client certificate after its own handshake just hangs up; one that restarts does too.
  const hint =
    afterTls && code === 'ECONNRESET' ? " after TLS; it may not accept this agent's certificate (see stormpulse status)" : '';
  return ConnRefused({ url, reason: clean(error) + hint }, cause);
}

function clean(error: Error): string {
  const text = error.message === '' ? error.name : error.message;
  return text.replaceAll(/\s+/gu, ' ').trim().slice(0, 200);
}
