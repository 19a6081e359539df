import { boundRequestId, createMessage, encodeMessage, signRequest } from '@stormpulse/protocol';
import { nodeCrypto } from '@stormpulse/protocol/node';
import { HubError } from '../errors.ts';
import type { AgentStore } from '../storage/agent-store.ts';
import type { Sealer } from '../storage/sealer.ts';

/** The agent's own command, known by the feature `command.cancel` and in no manifest. */
export const CANCEL = 'agent_cancel';

/** What is signed: `ts` in the canonical spelling. `id` becomes the `request_id` of every answer; that of the nonce when missing (SEC-071). */
export interface SignableRequest {
  readonly command: string;
  readonly params: Readonly<Record<string, string>>;
  readonly nonce: string;
  readonly ts: string;
  readonly id?: string;
}

/** Holds the agents' HMAC keys; nothing else in the hub sees one. */
export interface Signer {
  /**
   * The text of a signed `command.request` frame (wire page, sections 2.5 and 3.1). Throws ProtocolError for what a
   * hardened agent would refuse, HubError E_AGENT for an unknown agent.
   */
  sign(agentId: string, request: SignableRequest): string;
}

export function createSigner({ agents, sealer }: { readonly agents: AgentStore; readonly sealer: Sealer }): Signer {
  return {
    sign(agentId, { command, params, nonce, ts, id }) {
      const secrets = agents.secretsOf(agentId);
      if (secrets === undefined) throw new HubError('E_AGENT', 404, `there is no agent "${agentId}"`);
      const declared = Object.keys(agents.find(agentId)?.manifest[command]?.params ?? params);
      const key = sealer.unseal(secrets.sealedKey, `hmac:${agentId}`);
      const hmac = signRequest(nodeCrypto, key, { command, params: { ...params }, nonce, ts }, declared);
      const payload = { command, params: { ...params }, hmac, nonce };
      return encodeMessage(
        createMessage('command.request', agentId, payload, { id: id ?? boundRequestId(nodeCrypto, nonce), ts }),
      );
    },
  };
}
