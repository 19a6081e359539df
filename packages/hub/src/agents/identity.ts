import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Authority } from '../ca/authority.ts';
import type { Stores } from '../storage/stores.ts';

/** Whom a client certificate stands for; `publicKey` is its SPKI, DER. */
export interface PeerIdentity {
  readonly agentId: string;
  readonly publicKey: Buffer;
}

/** The agent behind a socket of the agents' port, or why there is none; asked anew of each, resumed sessions too (SEC-030, SEC-036). */
export type Identify = (socket: Duplex) => PeerIdentity | { readonly refused: string };

export function createIdentify({
  authority,
  stores,
}: {
  readonly authority: Pick<Authority, 'agentIdOf'>;
  readonly stores: Pick<Stores, 'agents' | 'certificates'>;
}): Identify {
  return (socket) => {
    if (!(socket instanceof TLSSocket) || !socket.authorized) return { refused: 'no client certificate of this hub' };
    const peer = socket.getPeerX509Certificate();
    const agentId = authority.agentIdOf(peer?.subjectAltName);
    const row = stores.certificates.byFingerprint(peer?.fingerprint256.replaceAll(':', '').toLowerCase() ?? '');
    if (peer === undefined || agentId === undefined || row === undefined)
      return { refused: 'this hub did not issue the certificate to an agent' };
    if (row.agentId !== agentId || (row.state !== 'issued' && row.state !== 'active'))
      return { refused: 'the certificate does not count any more' };
    if (stores.agents.find(agentId)?.state === 'revoked') return { refused: 'the agent was revoked' };
    stores.certificates.activate(row.serial);
    return { agentId, publicKey: peer.publicKey.export({ type: 'spki', format: 'der' }) };
  };
}
