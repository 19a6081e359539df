import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { expect, it } from 'vitest';
import { exportKey, issueAgent, issueAgentsAuthority, issueRoot, issueServer, newKeys } from './certificates.ts';
import type { Issuer } from './certificates.ts';
import { x509 } from './x509.ts';

const HUB = '0123456789abcdef';
const OTHER_HUB = 'f'.repeat(16);
const NOW = Date.now();

/** What each end of a TLS connection says of the other's chain; the first of a chain is its own. */
async function handshake(root: Issuer, server: readonly Issuer[], client: readonly Issuer[]): Promise<unknown> {
  const ca = root.certificate.toString('pem');
  const identity = async (chain: readonly Issuer[]) => ({
    ca,
    cert: chain.map(({ certificate }) => certificate.toString('pem')).join('\n'),
    key: chain[0] === undefined ? '' : await exportKey(chain[0].keys.privateKey),
    rejectUnauthorized: false,
  });
  const listener = createServer({ ...(await identity(server)), requestCert: true }).listen(0, '127.0.0.1');
  try {
    await once(listener, 'listening');
    const accepted = once(listener, 'secureConnection') as Promise<[TLSSocket]>;
    const { port } = listener.address() as AddressInfo;
    const out = connect({ ...(await identity(client)), port, host: '127.0.0.1', servername: 'localhost' });
    const [[into]] = await Promise.all([accepted, once(out, 'secureConnect')]);
    const said = { ofServer: out.authorizationError ?? 'fine', ofClient: into.authorizationError ?? 'fine' };
    out.destroy();
    into.destroy();
    return said;
  } finally {
    listener.close();
  }
}

it('SEC-303 SEC-304 chains are good for their own end of a connection, and within the names of their hub alone', async () => {
  const root = await issueRoot(HUB, NOW);
  const agents = await issueAgentsAuthority(root, HUB, NOW);
  const server = await issueServer(root, [{ type: 'dns', value: 'localhost' }], NOW);
  const agentOf = async (hubId: string): Promise<Issuer> => {
    const keys = await newKeys();
    const publicKey = await x509.PublicKey.create(keys.publicKey);
    return { keys, certificate: await issueAgent(agents, { hubId, agentId: 'web-1', publicKey, days: 30 }, NOW) };
  };
  const [agent, stranger] = [await agentOf(HUB), await agentOf(OTHER_HUB)];
  expect(await handshake(root, [server, root], [agent, agents])).toEqual({ ofServer: 'fine', ofClient: 'fine' });
  // Node has no name for names outside of the constraints.
  expect(await handshake(root, [server, root], [stranger, agents])).toEqual({ ofServer: 'fine', ofClient: 'UNSPECIFIED' });
  expect(await handshake(root, [agent, agents], [server, root])).toEqual({
    ofServer: 'INVALID_PURPOSE',
    ofClient: 'INVALID_PURPOSE',
  });
});
