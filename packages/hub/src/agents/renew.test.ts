import { webcrypto, X509Certificate } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { openDatabase } from '@stormpulse/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exchange } from '../../test-support/http-exchange.ts';
import type { Answer } from '../../test-support/http-exchange.ts';
import { enrol, newCsr, Stage, upgradeStatus } from '../../test-support/hub-fixture.ts';
import type { Identity } from '../../test-support/hub-fixture.ts';
import { x509 } from '../ca/x509.ts';
import type { Hub } from '../index.ts';

const DAY_MS = 86_400_000;
const RENEWS = { 'stormpulse-features': 'cert.renew' };

describe('renewal at the hub', () => {
  let stage: Stage;
  let stateDir: string;
  let hub: Hub;
  let nowMs: number;
  beforeEach(async () => {
    stage = new Stage();
    stateDir = stage.newStateDir();
    nowMs = Date.now();
    hub = await stage.startHub({ stateDir, clock: { now: () => nowMs } });
  });
  afterEach(async () => {
    await stage.close();
  });

  const renew = async (identity: Partial<Identity>, body: unknown, method = 'POST'): Promise<Answer> =>
    await exchange(
      httpsRequest(new URL('/api/renew/', hub.agentsUrl), {
        method,
        agent: false,
        rejectUnauthorized: false,
        ...(identity.certPem === undefined ? {} : { cert: identity.certPem, key: identity.keyPem }),
      }),
      method === 'GET' ? '' : JSON.stringify(body),
    );

  it('SEC-028 gives the agent of the certificate 30 days more for a fresh key, and both certificates count', async () => {
    const identity = await enrol(hub, 'web-1', RENEWS);
    nowMs += 20 * DAY_MS;
    const { csrPem, keyPem } = await newCsr('web-1');
    const answer = await renew(identity, { csr_pem: csrPem });
    expect(answer.status).toBe(200);
    const { client_cert_pem: certPem = '', ca_cert_pem: caPem } = answer.json() as Record<string, string>;
    expect(caPem).toBe(identity.caPem);
    const leaf = new X509Certificate(certPem);
    expect(leaf.subject).toBe('CN=web-1');
    expect(Math.round((Date.parse(leaf.validTo) - nowMs) / DAY_MS)).toBe(30);
    expect(await upgradeStatus(hub, identity)).toBe(101);
    nowMs -= 20 * DAY_MS;
    const fresh = await newCsr('web-1');
    const { client_cert_pem: now = '' } = (await renew(identity, { csr_pem: fresh.csrPem })).json() as Record<string, string>;
    expect(await upgradeStatus(hub, { ...identity, certPem: now, keyPem: fresh.keyPem })).toBe(101);
    expect(keyPem).not.toBe(fresh.keyPem);
  });

  it('SEC-028 refuses a request for another id, and for the key the agent has already', async () => {
    const identity = await enrol(hub, 'web-1', RENEWS);
    const other = await renew(identity, { csr_pem: (await newCsr('web-2')).csrPem });
    expect([other.status, other.text]).toEqual([400, expect.stringContaining('exactly CN=web-1') as unknown]);
    const again = await renew(identity, { csr_pem: await csrOfKey('web-1', identity.keyPem) });
    expect([again.status, again.text]).toEqual([400, expect.stringContaining('make a fresh one') as unknown]);
    for (const body of ['', {}, { csr_pem: 7 }, null]) expect((await renew(identity, body)).status).toBe(400);
  });

  it('SEC-028 SEC-036 wants the certificate of an agent that is known and not revoked', async () => {
    const identity = await enrol(hub, 'web-1', RENEWS);
    const { csrPem } = await newCsr('web-1');
    expect((await renew({}, { csr_pem: csrPem })).status).toBe(403);
    const foreign = await enrol(await stage.startHub(), 'web-1', RENEWS);
    expect((await renew(foreign, { csr_pem: csrPem })).status).toBe(403);
    expect((await renew(identity, {}, 'GET')).status).toBe(405);
    revoke(stateDir, "UPDATE certificate SET state = 'revoked'");
    expect((await renew(identity, { csr_pem: csrPem })).status).toBe(403);
    revoke(stateDir, "UPDATE certificate SET state = 'issued'");
    revoke(stateDir, "UPDATE agent SET state = 'revoked'");
    expect((await renew(identity, { csr_pem: csrPem })).status).toBe(403);
  });

  it('SEC-028 bounds how often an agent may ask', async () => {
    const identity = await enrol(hub, 'web-1', RENEWS);
    const statuses: number[] = [];
    for (let turn = 0; turn < 13; turn += 1) statuses.push((await renew(identity, {})).status);
    expect(statuses).toEqual([...Array.from({ length: 12 }, () => 400), 429]);
    nowMs += 3_600_000;
    expect((await renew(identity, {})).status).toBe(400);
  });

  it('SEC-030 refuses a revoked certificate that comes with a ticket of before', async () => {
    const identity = await enrol(hub, 'web-1');
    const { hostname: host, port } = new URL(hub.agentsUrl);
    const options = { host, port: Number(port), cert: identity.certPem, key: identity.keyPem, ca: identity.caPem };
    const get = 'GET /api/renew/ HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n';
    const talk = async (session?: Buffer): Promise<{ reused: boolean; status: string; ticket: Buffer | undefined }> =>
      await new Promise((resolve, reject) => {
        const socket = connect({ ...options, ...(session === undefined ? {} : { session }) }, () => socket.write(get));
        let text = '';
        let ticket: Buffer | undefined;
        socket.on('session', (given: Buffer) => (ticket = given));
        socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        socket.once('error', reject);
        socket.once('end', () => resolve({ reused: socket.isSessionReused(), status: text.slice(9, 12), ticket }));
      });
    const first = await talk();
    expect([first.reused, first.status]).toEqual([false, '405']);
    const second = await talk(first.ticket);
    expect([second.reused, second.status]).toEqual([true, '405']);
    revoke(stateDir, "UPDATE certificate SET state = 'revoked'");
    expect(await talk(first.ticket)).toMatchObject({ reused: true, status: '403' });
  });

  it('gives an agent that cannot renew as many days as its operator wrote', async () => {
    const own = await stage.startHub({ v1CertificateDays: 90 });
    const until = Date.parse(new X509Certificate((await enrol(own, 'web-1')).certPem).validTo);
    expect(Math.round((until - Date.now()) / DAY_MS)).toBe(90);
    await expect(stage.startHub({ v1CertificateDays: 0 })).rejects.toThrow(/--v1-certificate-days is 0; expected .* 1 to 365/);
  });
});

/** As an operator's revocation leaves the store. */
function revoke(stateDir: string, sql: string): void {
  const database = openDatabase(join(stateDir, 'hub.db'));
  try {
    database.prepare(sql).run();
  } finally {
    database.close();
  }
}

async function csrOfKey(agentId: string, keyPem: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const der = x509.PemConverter.decodeFirst(keyPem);
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']);
  const { d: _d, key_ops: _ops, ...open } = await webcrypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await webcrypto.subtle.importKey('jwk', open, algorithm, true, ['verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [agentId] }],
    keys: { privateKey, publicKey },
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return request.toString('pem');
}
