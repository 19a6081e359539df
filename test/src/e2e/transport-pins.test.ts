import { X509Certificate, createHash } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../doubles/certificates.ts';
import { createWorld, dial, listen } from './transport-fixture.ts';
import type { World } from './transport-fixture.ts';

const pinOf = (pem: string): Buffer =>
  createHash('sha256')
    .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
    .digest();

describe('a pinned hub', () => {
  let world: World;
  let hub: Awaited<ReturnType<typeof listen>>;

  beforeAll(async () => {
    world = await createWorld();
  });
  afterEach(() => {
    hub.server.closeAllConnections();
    hub.server.close();
  });

  const hex = (pem: string): string => pinOf(pem).toString('hex');

  it('SEC-025 is taken when its key or the key of its CA is pinned, among others', async () => {
    hub = await listen(world);
    for (const pem of [world.hub.cert, world.authority.caPem]) {
      const { link } = await dial(world, hub.url, { pins: ['00'.repeat(32), hex(pem)] });
      link.terminate();
    }
    expect(hub.connections).toHaveLength(2);
  });

  it('SEC-025 is refused on every dial with the right CA and the wrong pin; the pins found are told', async () => {
    hub = await listen(world);
    (await dial(world, hub.url)).link.terminate(); // leaves a ticket at whoever keeps one
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(dial(world, hub.url, { pins: [hex(world.agent.cert)] })).rejects.toMatchObject({
        code: 'E_CONN_TLS',
        message: expect.stringMatching(/pin_sha256 under \[tls\]; found \S{44} \(CN=test\), \S{44} \(CN=test root\)/u) as unknown,
      });
    }
    await expect(dial(world, hub.url, { pins: [hex(world.agent.cert)] })).rejects.toThrow(
      new RegExp(
        pinOf(world.authority.caPem)
          .toString('base64')
          .replaceAll(/[+/]/gu, String.raw`\$&`),
        'u',
      ),
    );
    expect(hub.connections).toHaveLength(1);
  });

  it('SEC-025 a certificate beside the chain that only bears the name of the issuer pins nothing', async () => {
    const impostor = await createAuthority('test root', true);
    hub = await listen(world, { pair: { cert: `${world.hub.cert}\n${impostor.caPem}`, key: world.hub.key } });
    await expect(dial(world, hub.url, { pins: [hex(impostor.caPem)] })).rejects.toMatchObject({ code: 'E_CONN_TLS' });
    (await dial(world, hub.url, { pins: [hex(world.hub.cert)] })).link.terminate();
  });
});
