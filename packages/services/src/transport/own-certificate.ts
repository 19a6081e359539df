import { X509Certificate } from 'node:crypto';
import { isAgentError } from '@stormpulse/plugin-api';
import { ConnOwnCertificate } from './errors.ts';

/**
 * A hub that was verified and then hung up or answered 401 or 403 has looked at this agent's certificate: when that is not
 * valid by this host's clock, it is the reason a person needs (SEC-029). Anything else stays what it is.
 */
export function refusalOfOwn(url: string, error: Error, certificatePem: string, now: number = Date.now()): Error {
  const isUpgrade = isAgentError(error) && error.code === 'E_CONN_UPGRADE';
  if (isUpgrade && ![401, 403].includes(Number(error.details['status']))) return error;
  if (isAgentError(error) && error.code === 'E_CONN_TIMEOUT') return error;
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  const [from, until] = [Date.parse(validFrom), Date.parse(validTo)];
  if (from <= now && now < until) return error;
  const when = now < from ? `is not valid before ${day(from)}` : `expired on ${day(until)}`;
  return ConnOwnCertificate({ url, when }, { cause: error });
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
