import type { Authority } from '../ca/authority.ts';
import { checkCsr } from '../ca/csr.ts';
import type { CertificateDays, Clock, HubLog } from '../config/options.ts';
import { HubError } from '../errors.ts';
import type { Changes } from '../state/changes.ts';
import type { Stores } from '../storage/stores.ts';
import type { PeerIdentity } from './identity.ts';
import { createRateLimit } from './rate-limit.ts';
import { bodyFields } from './request-body.ts';

/** What an agent reads of the answer (wire page, appendix A). */
export interface RenewAnswer {
  readonly client_cert_pem: string;
  readonly ca_cert_pem: string;
}

/** One renewal: whom the connection's certificate stands for, and the body, already read and within 16 KiB. */
export interface RenewRequest {
  readonly peer: PeerIdentity;
  readonly body: string;
  readonly address: string;
}

interface RenewPorts {
  readonly stores: Stores;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly changes: Changes;
  readonly log: HubLog;
  readonly days: CertificateDays;
}

const HOUR_MS = 3_600_000;
const RENEWALS_PER_HOUR = 12;

/** Issues the next certificate of an agent, for itself alone and for a key it has not had before (SEC-028). Throws HubError. */
export function createRenewal(ports: RenewPorts): (request: RenewRequest) => Promise<RenewAnswer> {
  const { stores, authority, clock, changes, log, days } = ports;
  const allow = createRateLimit(RENEWALS_PER_HOUR, HOUR_MS, () => clock.now());
  return async ({ peer: { agentId, publicKey }, body, address }) => {
    if (!allow(agentId)) throw new HubError('E_RATE', 429, `agent "${agentId}" asked ${RENEWALS_PER_HOUR} times this hour; wait`);
    const { csr_pem: csrPem } = bodyFields(body, 'E_RENEW_BODY');
    const asked = await checkCsr(typeof csrPem === 'string' ? csrPem : '', agentId);
    if (publicKey.equals(Buffer.from(asked.rawData))) {
      log.warn({ agent: agentId, address }, 'renewal refused: the old key');
      throw new HubError('E_RENEW_KEY', 400, 'the request is for the key of the old certificate; make a fresh one');
    }
    const certificate = await authority.issueFor(agentId, asked, days.renewing);
    stores.certificates.add({ ...certificate, agentId }, clock.now());
    log.info({ agent: agentId, address, serial: certificate.serial, days: days.renewing }, 'certificate renewed');
    changes.publish({ kind: 'agent', agentId });
    return { client_cert_pem: certificate.chainPem, ca_cert_pem: authority.rootPem };
  };
}
