import type { Server } from 'node:https';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../doubles/certificates.ts';
import type { CertificateSpec } from '../doubles/certificates.ts';
import { createWorld, dial, listen, listenWith } from './transport-fixture.ts';
import type { World } from './transport-fixture.ts';

describe('whom the agent takes for its hub', () => {
  let world: World;
  const servers: Server[] = [];

  beforeAll(async () => {
    world = await createWorld();
  });
  afterEach(() => {
    servers.splice(0).forEach((server) => {
      server.closeAllConnections();
      server.close();
    });
  });

  const hubWith = async (spec: CertificateSpec): Promise<string> => {
    const { url, server } = await listenWith(world, spec);
    servers.push(server);
    return url;
  };

  it('accepts the certificate of its own CA for the name it dials, over TLS 1.3', async () => {
    const hub = await listen(world);
    servers.push(hub.server);
    const { link, closed } = await dial(world, hub.url);
    expect(hub.connections).toHaveLength(1);
    link.close(1000, '');
    expect(await closed).toEqual({ code: 1000, reason: '' });
  });

  it('SEC-007 sends no byte of a request to another machine that a name server named', async () => {
    const { url, server, connections } = await listenWith(world, { names: ['localhost'] }, await createAuthority());
    servers.push(server);
    let bytes = 0;
    server.on('secureConnection', (socket) => socket.on('data', (data: Buffer) => (bytes += data.length)));
    const hungUp = new Promise((resolve) => void server.once('connection', (socket) => socket.once('close', resolve)));
    await expect(dial(world, url)).rejects.toMatchObject({ code: 'E_CONN_TLS' });
    await hungUp;
    expect([bytes, connections]).toEqual([0, []]);
  });

  it('accepts an address in subjectAltName', async () => {
    const hub = await listen(world);
    servers.push(hub.server);
    const { link } = await dial(world, hub.url.replace('localhost', '127.0.0.1'));
    link.terminate();
  });

  const REFUSED: readonly { readonly name: string; readonly spec: CertificateSpec; readonly says: readonly string[] }[] = [
    {
      name: 'SEC-023 a common name only',
      spec: { commonName: 'localhost' },
      says: ['common name does not count', 'subjectAltName localhost'],
    },
    {
      name: 'C9 SEC-023 another name',
      spec: { names: ['hub.example'] },
      says: ['is for DNS:hub.example', 'not for "localhost"', '[dashboard] url'],
    },
    {
      name: 'SEC-023 another name, the common name fitting',
      spec: { commonName: 'localhost', names: ['hub.example'] },
      says: ['not for "localhost"'],
    },
    { name: 'expired', spec: { names: ['localhost'], fromDays: -10, untilDays: -1 }, says: ['expired', 'renew', 'clock'] },
    { name: 'not valid yet', spec: { names: ['localhost'], fromDays: 1, untilDays: 9 }, says: ['not valid yet', 'clock'] },
    {
      name: 'SEC-024 no extended key usage',
      spec: { names: ['localhost'], use: 'none' },
      says: ['serverAuth', 'require_server_eku = false'],
    },
    {
      name: 'SEC-024 a client certificate',
      spec: { names: ['localhost'], use: 'client' },
      says: ['not a server certificate', 'serverAuth'],
    },
  ];
  it.each(REFUSED)('refuses a hub certificate: $name', async ({ spec, says }) => {
    const url = await hubWith(spec);
    const error = await dial(world, url).catch((reason: unknown) => reason as Error & { code?: string });
    expect(error).toMatchObject({ code: 'E_CONN_TLS' });
    const { message } = error as Error;
    expect(message).toContain(url);
    for (const part of says) expect(message).toContain(part);
  });

  it('SEC-021 refuses a sound certificate of another CA', async () => {
    const { url, server } = await listenWith(world, { names: ['localhost'] }, await createAuthority('somebody else'));
    servers.push(server);
    await expect(dial(world, url)).rejects.toMatchObject({
      code: 'E_CONN_TLS',
      message: expect.stringMatching(/does not trust.*\[tls\] ca_cert.*server_ca = "system"/u) as unknown,
    });
  });

  it('SEC-021 refuses the private CA where only the system roots count', async () => {
    const hub = await listen(world);
    servers.push(hub.server);
    await expect(dial(world, hub.url, { ca: 'system' })).rejects.toMatchObject({ code: 'E_CONN_TLS' });
  });

  it('SEC-024 accepts a certificate without usage once the file says so', async () => {
    const url = await hubWith({ names: ['localhost'], use: 'none' });
    const { link } = await dial(world, url, { requireServerEku: false });
    link.terminate();
  });

  it('SEC-020 refuses TLS 1.2 with the line that allows it, and speaks it once told', async () => {
    const hub = await listen(world, { maxVersion: 'TLSv1.2' });
    servers.push(hub.server);
    await expect(dial(world, hub.url)).rejects.toMatchObject({
      code: 'E_CONN_TLS',
      message: expect.stringMatching(/TLS 1\.3.*min_version = "1\.2" under \[tls\]/u) as unknown,
    });
    const { link } = await dial(world, hub.url, { minVersion: 'TLSv1.2' });
    link.terminate();
  });

  it("says that the hub did not take the agent's own certificate", async () => {
    const hub = await listen(world);
    servers.push(hub.server);
    const stranger = await (await createAuthority('stranger')).issue({ commonName: 'node-7', use: 'client' });
    await expect(dial(world, hub.url, { credentials: () => stranger })).rejects.toMatchObject({
      message: expect.stringMatching(/after TLS; it may not accept this agent's certificate/u) as unknown,
    });
    expect(hub.connections).toHaveLength(0);
  });

  it('SEC-024 a server certificate is not taken from an agent', async () => {
    const hub = await listen(world);
    servers.push(hub.server);
    await expect(dial(world, hub.url, { credentials: () => world.hub })).rejects.toThrow(
      /may not accept this agent's certificate/u,
    );
    expect(hub.connections).toHaveLength(0);
  });
});
