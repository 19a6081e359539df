import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type { PeerCertificate } from 'node:tls';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_USAGE = '2.5.29.37.0';

/** What may be asked of the hub's certificate. */
export interface IdentityRules {
  /** SEC-024; `[tls] require_server_eku`. */
  readonly requireServerEku: boolean;
  /** SEC-023; one left-most wildcard label, only with `[tls] server_ca = "system"`. */
  readonly allowWildcard: boolean;
}

/** Why the hub's certificate is refused, with the line that would allow it where one exists. */
export class IdentityRefused extends Error {
  readonly fix: string;
  constructor(reason: string, fix: string) {
    super(reason);
    this.name = 'IdentityRefused';
    this.fix = fix;
  }
}

/** SEC-023 and SEC-024, after the chain itself was verified. Undefined: accepted. */
export function identityProblem(host: string, certificate: PeerCertificate, rules: IdentityRules): Error | undefined {
  const names = (certificate.subjectaltname ?? '')
    .split(', ')
    .filter((name) => name.startsWith('DNS:') || name.startsWith('IP Address:'));
  if (names.length === 0) {
    return new IdentityRefused(
      `its certificate names no host in subjectAltName (a common name does not count), "${host}" was expected`,
      `issue the hub a certificate with subjectAltName ${host}`,
    );
  }
  const mismatch = checkServerIdentity(host, certificate);
  if (mismatch !== undefined) {
    return new IdentityRefused(
      `its certificate is for ${shown(names)}, not for "${host}"`,
      'correct [dashboard] url, or issue the hub a certificate for that name',
    );
  }
  if (!rules.allowWildcard && !names.some((name) => matchesExactly(host, name))) {
    return new IdentityRefused(
      `its certificate matches "${host}" only by a wildcard (${shown(names)})`,
      'issue a certificate for the exact name, or write server_ca = "system" under [tls] if the hub uses a public certificate',
    );
  }
  const usages = (certificate as { readonly ext_key_usage?: readonly string[] }).ext_key_usage ?? [];
  if (rules.requireServerEku && !usages.includes(SERVER_AUTH) && !usages.includes(ANY_USAGE)) {
    return new IdentityRefused(
      'its certificate lacks extended key usage serverAuth',
      'issue the hub a server certificate, or write require_server_eku = false under [tls]',
    );
  }
  return undefined;
}

/** For a host that Node has matched: an address is matched by addresses only, a name by names only. */
function matchesExactly(host: string, name: string): boolean {
  if (isIP(host) !== 0) return name.startsWith('IP Address:');
  return name.startsWith('DNS:') && name.slice('DNS:'.length).toLowerCase() === host.toLowerCase();
}

function shown(names: readonly string[]): string {
  const text = names.join(', ');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
