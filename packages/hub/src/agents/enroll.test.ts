import { webcrypto, X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentsRequest, enrol, newCsr, postEnrol, Stage, upgradeStatus } from '../../test-support/hub-fixture.ts';
import { x509 } from '../ca/x509.ts';
import { mintHmacKey } from './enroll.ts';

const DAY_MS = 86_400_000;

describe('enrolment', () => {
  let stage: Stage;
  beforeEach(() => {
    stage = new Stage();
  });
  afterEach(async () => {
    await stage.close();
  });

  it('answers with a certificate chain, the CA, a 32-byte key and the pulse token', async () => {
    const hub = await stage.startHub();
    const identity = await enrol(hub, 'web-1');
    expect(identity.certPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(identity.hmacKey).toHaveLength(32);
    expect(identity.pulseToken).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new X509Certificate(identity.caPem).fingerprint256.replaceAll(':', '').toLowerCase()).toBe(hub.caDigest);
    expect(await upgradeStatus(hub, identity)).toBe(101);
  });

  it('SEC-300 gives a token of 256 bits with the CA digest, and a line to paste', async () => {
    const hub = await stage.startHub();
    const { token, line, expiresAt } = await hub.createToken('web-1');
    expect(token).toMatch(new RegExp(`^sp1\\.[A-Za-z0-9_-]{43}\\.${hub.caDigest}$`));
    expect(line).toBe(`stormpulse enroll ${hub.agentsUrl}/api/enroll/ web-1 ${token}`);
    expect(Math.round((expiresAt - Date.now()) / 60_000)).toBe(15);
  });

  it('gives 30 days to agents that renew and 365 to others', async () => {
    const hub = await stage.startHub();
    const days = (pem: string): number => Math.round((Date.parse(new X509Certificate(pem).validTo) - Date.now()) / DAY_MS);
    expect(days((await enrol(hub, 'a', { 'stormpulse-features': 'results.ack, cert.renew' })).certPem)).toBe(30);
    expect(days((await enrol(hub, 'b')).certPem)).toBe(365);
  });

  it('SEC-300 lets 100 uses at once of one token through exactly once, and answers the rest alike', async () => {
    const hub = await stage.startHub();
    const { token } = await hub.createToken('web-1');
    const { csrPem } = await newCsr('web-1');
    const body = { agent_id: 'web-1', token, csr_pem: csrPem };
    const answers = await Promise.all(Array.from({ length: 100 }, async () => await postEnrol(hub, body)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(new Set(refused.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(refused[0]?.status).toBe(403);
  });

  it('SEC-302 answers unknown, used, expired and locked tokens with one 403', async () => {
    let nowMs = Date.now();
    const hub = await stage.startHub({ clock: { now: () => nowMs } });
    const { csrPem } = await newCsr('web-1');
    const use = async (token: string, agentId = 'web-1', csr = csrPem): Promise<string> => {
      const { status, text } = await postEnrol(hub, { agent_id: agentId, token, csr_pem: csr });
      return `${status} ${text}`;
    };
    const unknown = await use(`sp1.${'x'.repeat(43)}.${hub.caDigest}`);
    expect(unknown).toMatch(/^403 .*"code":"E_ENROL_TOKEN"/);

    const { token: expired } = await hub.createToken('web-1');
    nowMs += 15 * 60_000;
    expect(await use(expired)).toBe(unknown);

    const { token: locked } = await hub.createToken('web-1');
    for (let n = 0; n < 5; n += 1) expect(await use(locked, 'web-2')).toMatch(/^400 /);
    expect(await use(locked)).toBe(unknown);

    const { token: used } = await hub.createToken('web-1');
    expect(await use(used)).toMatch(/^200 /);
    expect(await use(used)).toBe(unknown);
  });

  it('says 401 without a token, 400 for no JSON, 413 above 16 KiB, 404 and 405 elsewhere', async () => {
    const hub = await stage.startHub();
    expect((await postEnrol(hub, { agent_id: 'a', csr_pem: 'x' })).status).toBe(401);
    expect((await postEnrol(hub, 'no json')).status).toBe(400);
    expect((await postEnrol(hub, '[]')).status).toBe(401);
    const get = await agentsRequest(hub, 'GET', '/api/enroll/');
    expect(get.status).toBe(405);
    for (const path of ['/', '//', '/api/', '/ws/pulse/']) expect((await agentsRequest(hub, 'GET', path)).status, path).toBe(404);
    const large = await postEnrol(hub, { token: 'x'.repeat(17 * 1024) });
    expect(large.status).toBe(413);
    expect(large.json()['error']).toMatch(/larger than 16 KiB/);
  });

  it('SEC-301 refuses requests that are not exactly CN=<agent id>, P-256 and self-signed', async () => {
    const hub = await stage.startHub();
    const { token } = await hub.createToken('web-1');
    const good = await newCsr('web-1');
    const der = Buffer.from(x509.PemConverter.decodeFirst(good.csrPem));
    der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
    const broken = x509.PemConverter.encode(der, 'CERTIFICATE REQUEST');
    const rsa = await x509.Pkcs10CertificateRequestGenerator.create({
      name: [{ CN: ['web-1'] }],
      keys: await webcrypto.subtle.generateKey(
        { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
        true,
        ['sign', 'verify'],
      ),
      signingAlgorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    });
    const corpus = [
      (await newCsr('web-2')).csrPem,
      (await newCsr('web-1', [{ CN: ['web-1'] }, { O: ['x'] }])).csrPem,
      rsa.toString('pem'),
    ];
    for (const csr of [...corpus, 'garbage']) {
      const { token: fresh } = await hub.createToken('web-1');
      const answer = await postEnrol(hub, { agent_id: 'web-1', token: fresh, csr_pem: csr });
      expect(`${answer.status} ${answer.text}`).toMatch(/^400 .*certificate request refused/);
    }
    expect((await postEnrol(hub, { agent_id: 'web-1', token, csr_pem: broken })).status).toBe(400);
    expect((await postEnrol(hub, { agent_id: 'web-1', token, csr_pem: good.csrPem })).status).toBe(200);
  });

  it('ignores requested extensions', async () => {
    const hub = await stage.startHub();
    const { token } = await hub.createToken('web-1');
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const csr = await x509.Pkcs10CertificateRequestGenerator.create({
      name: [{ CN: ['web-1'] }],
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [
        new x509.BasicConstraintsExtension(true, 5, true),
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'evil.example' }]),
      ],
    });
    const answer = await postEnrol(hub, { agent_id: 'web-1', token, csr_pem: csr.toString('pem') });
    const leaf = new X509Certificate(String(answer.json()['client_cert_pem']));
    expect(leaf.ca).toBe(false);
    expect(leaf.subjectAltName).not.toContain('evil');
  });

  it('SEC-305 refuses an id that is in use with 409, and makes no token for it', async () => {
    const hub = await stage.startHub();
    const { token } = await hub.createToken('web-1');
    await enrol(hub, 'web-1');
    const { csrPem } = await newCsr('web-1');
    expect((await postEnrol(hub, { agent_id: 'web-1', token, csr_pem: csrPem })).status).toBe(409);
    await expect(hub.createToken('web-1')).rejects.toThrow(/enrolled already/);
    await expect(hub.createToken('no spaces')).rejects.toThrow(/expected 1 to 64 of/);
  });

  it('SEC-034 mints keys whose ends are never white space', () => {
    const blanks = [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20];
    const tries = blanks.flatMap((blank) => [
      new Uint8Array(32).fill(1).fill(blank, 0, 1),
      new Uint8Array(32).fill(1).fill(blank, 31),
    ]);
    const good = new Uint8Array(32).fill(0x21);
    expect(mintHmacKey(() => tries.shift() ?? good)).toBe(good);
    for (let n = 0; n < 10_000; n += 1) {
      const key = mintHmacKey();
      expect(blanks.includes(key[0] ?? 0x20) || blanks.includes(key[31] ?? 0x20)).toBe(false);
    }
  });
});
