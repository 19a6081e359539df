import { randomBytes } from 'node:crypto';
import { hashSecret } from '../auth/secret-text.ts';
import type { Authority } from '../ca/authority.ts';
import { checkCsr } from '../ca/csr.ts';
import type { CertificateDays, Clock, HubLog } from '../config/options.ts';
import { HubError } from '../errors.ts';
import type { Changes } from '../state/changes.ts';
import type { Sealer } from '../storage/sealer.ts';
import type { Stores } from '../storage/stores.ts';
import type { TokenRow } from '../storage/token-store.ts';
import { bodyFields } from './request-body.ts';
import { pulseTokenOf } from './tokens.ts';

/** What a v1 agent reads of the answer, and `pulse_token`, which ours reads too (wire page, section 4; design, D1). */
export interface EnrolAnswer {
  readonly client_cert_pem: string;
  readonly ca_cert_pem: string;
  readonly hmac_key: string;
  readonly pulse_token: string;
}

/** One enrolment request, its body already read and within 16 KiB. */
export interface EnrolRequest {
  readonly body: string;
  /** The header `Stormpulse-Features`. */
  readonly features: string;
  readonly address: string;
}

interface EnrolPorts {
  readonly stores: Stores;
  readonly authority: Authority;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly changes: Changes;
  readonly log: HubLog;
  readonly days: CertificateDays;
}

/**
 * Answers one enrolment (SEC-300 to 302): 401 without a token; 403 with one text for unknown, used, expired and locked ones;
 * 400 and 409 only once the token proved valid. Throws HubError.
 */
export function createEnrolment(ports: EnrolPorts): (request: EnrolRequest) => Promise<EnrolAnswer> {
  const { stores, authority, sealer, clock, changes, log } = ports;

  function freshToken(token: string, address: string): TokenRow {
    const row = stores.tokens.find(hashSecret(token));
    if (row?.state === 'fresh' && row.expiresAt > clock.now()) return row;
    log.warn({ address, agent: row?.agentId ?? null, state: row?.state ?? 'unknown' }, 'enrolment refused');
    throw tokenRefused();
  }

  /** Looks again: between the first look and now another request may have spent the token and enrolled the agent. */
  function claim(token: string, agentId: string, address: string): void {
    const { id } = freshToken(token, address);
    if (stores.agents.find(agentId) !== undefined) {
      throw new HubError('E_STATE', 409, `agent "${agentId}" is enrolled already; use another id, or revoke the old agent first`);
    }
    if (!stores.tokens.spend(id, clock.now())) throw tokenRefused();
  }

  return async ({ body, features, address }) => {
    const { token, agentId, csrPem } = readBody(body);
    const row = freshToken(token, address);
    try {
      if (agentId !== row.agentId) throw new HubError('E_ENROL_AGENT', 400, 'agent_id is not the one this token was made for');
      const publicKey = await checkCsr(csrPem, agentId);
      claim(token, agentId, address);
      const days = features.split(',').some((feature) => feature.trim() === 'cert.renew') ? ports.days.renewing : ports.days.v1;
      const certificate = await authority.issueFor(agentId, publicKey, days);
      const hmacKey = mintHmacKey();
      const pulseToken = pulseTokenOf(token);
      stores.transaction(() => {
        const sealedKey = sealer.seal(hmacKey, `hmac:${agentId}`);
        stores.agents.add({ id: agentId, sealedKey, pulseHash: hashSecret(pulseToken), createdAt: clock.now() });
        stores.certificates.add({ ...certificate, agentId }, clock.now());
      });
      log.info({ agent: agentId, address, serial: certificate.serial, days }, 'agent enrolled');
      changes.publish({ kind: 'agent', agentId });
      return {
        client_cert_pem: certificate.chainPem,
        ca_cert_pem: authority.rootPem,
        hmac_key: Buffer.from(hmacKey).toString('base64'),
        pulse_token: pulseToken,
      };
    } catch (error) {
      if (error instanceof HubError && error.status === 400) stores.tokens.fail(row.id);
      throw error;
    }
  };
}

/** 32 random bytes whose ends no reader strips as white space (security model, SEC-034). */
export function mintHmacKey(random: (size: number) => Uint8Array = randomBytes): Uint8Array {
  for (;;) {
    const key = random(32);
    if (!isBlank(key[0]) && !isBlank(key.at(-1))) return key;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === undefined || byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function tokenRefused(): HubError {
  return new HubError(
    'E_ENROL_TOKEN',
    403,
    'this token is unknown, used or expired; make a new one with "stormpulse-hub token AGENT"',
  );
}

function readBody(body: string): { token: string; agentId: string; csrPem: string } {
  const { token, agent_id: agentId, csr_pem: csrPem } = bodyFields(body, 'E_ENROL_BODY');
  if (typeof token !== 'string' || token === '')
    throw new HubError('E_ENROL_TOKEN', 401, 'token is missing; paste the whole enrolment line');
  return { token, agentId: typeof agentId === 'string' ? agentId : '', csrPem: typeof csrPem === 'string' ? csrPem : '' };
}
