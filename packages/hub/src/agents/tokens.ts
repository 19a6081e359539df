import { createHmac } from 'node:crypto';
import { hashSecret, newSecret } from '../auth/secret-text.ts';
import type { Authority } from '../ca/authority.ts';
import type { Clock } from '../config/options.ts';
import { HubError } from '../errors.ts';
import { isAgentId } from '../storage/ids.ts';
import type { Stores } from '../storage/stores.ts';

/** A token as its maker sees it, once. */
export interface EnrolToken {
  /** `sp1.<secret>.<CA SHA-256>` (design, D1). */
  readonly token: string;
  /** The `pulse_token` the agent will have; v1 agents want it in their configuration. */
  readonly pulseToken: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

const DEFAULT_MINUTES = 15;
const MAX_MINUTES = 24 * 60;

/**
 * Makes a token for one agent id (security model, SEC-300). Throws HubError E_TOKEN_PARAM for a wrong id or lifetime,
 * E_STATE when the id is in use.
 */
export function createToken(
  ports: { readonly stores: Stores; readonly authority: Pick<Authority, 'rootDigest'>; readonly clock: Clock },
  agentId: string,
  minutes: number = DEFAULT_MINUTES,
): EnrolToken {
  const { stores, authority, clock } = ports;
  if (!isAgentId(agentId)) {
    throw paramError('/agent_id', agentId, '1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit', 'for example web-1');
  }
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > MAX_MINUTES) {
    throw paramError(
      '/minutes',
      String(minutes),
      `a whole number from 1 to ${MAX_MINUTES}`,
      `leave it out for ${DEFAULT_MINUTES}`,
    );
  }
  if (stores.agents.find(agentId) !== undefined) {
    throw new HubError(
      'E_STATE',
      409,
      `agent "${agentId}" is enrolled already; choose another id (an id is free again after revocation)`,
    );
  }
  const token = `sp1.${newSecret()}.${authority.rootDigest}`;
  const createdAt = clock.now();
  const expiresAt = createdAt + minutes * 60_000;
  stores.tokens.add({ hash: hashSecret(token), agentId, createdAt, expiresAt });
  return { token, pulseToken: pulseTokenOf(token), expiresAt };
}

/** The agent's bearer value in UUID form, derived from the token so that only hashes of both are stored. */
export function pulseTokenOf(token: string): string {
  const bytes = createHmac('sha256', token).update('stormpulse pulse token').digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The line to paste on the host. */
export function enrolmentLine(agentsUrl: string, agentId: string, token: string): string {
  return `stormpulse enroll ${agentsUrl}/api/enroll/ ${agentId} ${token}`;
}

function paramError(pointer: string, got: string, expected: string, fix: string): HubError {
  const message = `${pointer.slice(1)} is "${got.slice(0, 80)}", expected ${expected}`;
  return new HubError('E_TOKEN_PARAM', 422, message, { errors: [{ pointer, got: got.slice(0, 80), expected, fix }] });
}
