import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRenewal } from '@stormpulse/services';
import type { Renewal } from '@stormpulse/services';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuthority } from '../../test-support/authority.ts';
import type { Authority } from '../../test-support/authority.ts';
import { HostFolder } from '../../test-support/host-folder.ts';
import { ManualClock } from '../../test-support/manual-clock.ts';
import { clientPairs } from '../host/client-pair.ts';
import { credentialsEntry } from '../host/credentials-entry.ts';
import { createKeyAndRequest } from './key-and-request.ts';
import { checkRenewed } from './renewed-answer.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly pair: { readonly cert: string };
}
type Hub = (asked: Asked) => Promise<{ readonly status: number; readonly text: string }>;

describe('renewal of the certificate', () => {
  let authority: Authority;
  let stranger: Authority;
  let host: HostFolder;
  let clock: ManualClock;
  let asked: Asked[];
  let events: Readonly<Record<string, unknown>>[];
  let recorded: Readonly<Record<string, unknown>>[];
  let record: () => Promise<void>;
  let renewal: Renewal | undefined;

  beforeAll(async () => {
    [authority, stranger] = [await createAuthority(), await createAuthority()];
  });
  beforeEach(async () => {
    host = new HostFolder();
    clock = new ManualClock();
    [asked, events, recorded] = [[], [], []];
    record = () => Promise.resolve();
    await enrolled(-25, 5);
  });
  afterEach(() => {
    renewal?.stop();
    host.close();
  });

  const enrolled = async (fromDays: number, untilDays: number): Promise<void> => {
    const { cert, key } = await authority.issue({ commonName: 'web-1', use: 'client', fromDays, untilDays });
    host.write('agent.pem', cert, 0o644);
    host.write('agent-key.pem', key);
    host.write('ca.pem', authority.pem, 0o644);
  };
  const pairs = (): ReturnType<typeof clientPairs> =>
    clientPairs({
      certificatePath: host.path('agent.pem'),
      keyPath: host.path('agent-key.pem'),
      databasePath: host.path('stormpulse.db'),
    });
  const start = (hub: Hub): Renewal => {
    renewal = createRenewal({
      clock,
      random: () => 0.5,
      events: { record: (event) => void events.push(event) },
      logger: SILENT,
      pairs: pairs(),
      request: async (request) => {
        asked.push(request);
        return await hub(request);
      },
      newKeyAndRequest: async () => await createKeyAndRequest('web-1'),
      checkAnswer: (answer, keyPem) =>
        checkRenewed(answer, { agentId: 'web-1', keyPem, caPem: readFileSync(host.path('ca.pem'), 'utf8'), now: clock.now() }),
      record: async (certificate) => {
        await record();
        recorded.push(credentialsEntry('credentials.renewed', certificate));
      },
      onChange: () => undefined,
    });
    renewal.start();
    return renewal;
  };
  const settled = async (wanted: string): Promise<void> =>
    await vi.waitFor(() => expect(renewal?.status.state).toBe(wanted), { timeout: 5_000, interval: 5 });
  const ok = (body: unknown): { status: number; text: string } => ({ status: 200, text: JSON.stringify(body) });
  /** A hub that signs what it is asked for, each part to be replaced. */
  const hub =
    (change: { sign?: (csrPem: string) => Promise<string>; ca?: string; proof?: () => Promise<number> } = {}): Hub =>
    async ({ method, body = '' }) => {
      if (method === 'GET') return { status: (await change.proof?.()) ?? 405, text: '' };
      const { csr_pem: csrPem } = JSON.parse(body) as { csr_pem: string };
      const sign = change.sign ?? (async (csr: string) => await authority.sign(csr, undefined, { use: 'client' }));
      return ok({ client_cert_pem: await sign(csrPem), ca_cert_pem: change.ca ?? authority.pem });
    };
  const works = (): boolean => {
    const { cert, key } = pairs().current();
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  };

  it('SEC-028 waits for two thirds of the life and at most a tenth more, looks at the wall clock, and wakes seldom', async () => {
    await enrolled(0, 30);
    const { status } = start(hub());
    const born = Date.parse(pairs().current().leaf.validFrom);
    expect(status.state).toBe('scheduled');
    expect((status.at - born) / DAY_MS).toBeGreaterThanOrEqual(20);
    expect((status.at - born) / DAY_MS).toBeLessThanOrEqual(23);
    expect(clock.waits).toEqual([6 * HOUR_MS]);
    clock.advance(19 * DAY_MS);
    expect(asked).toEqual([]);
    // A host that slept: its timers stood still, its wall clock did not.
    clock.wallMs = status.at + 1;
    clock.advance(6 * HOUR_MS);
    expect(renewal?.status.state).toBe('renewing');
    await settled('scheduled');
  });

  it('SEC-028 renews with a fresh key, proves the new pair to the hub, and only then uses it', async () => {
    const before = pairs().current();
    const seen: string[] = [];
    start(
      hub({
        proof: async () => {
          seen.push(pairs().current().cert);
          return 405;
        },
      }),
    );
    await settled('scheduled');
    const after = pairs().current();
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /api/renew/', 'GET /api/renew/']);
    expect(asked[0]?.pair.cert).toBe(before.cert);
    expect(asked[1]?.pair.cert.trim()).toBe(after.cert.trim());
    expect(seen).toEqual([before.cert]);
    expect(after.key).not.toBe(before.key);
    expect(works()).toBe(true);
    expect(JSON.stringify(asked.map(({ body }) => body))).not.toContain('PRIVATE');
    expect(events).toEqual([expect.objectContaining({ kind: 'cert_renew_succeeded', source: 'tls' })]);
    expect(asked).toHaveLength(2);
  });

  it('SEC-240 names the new certificate in the record before it is used', async () => {
    const before = pairs().current();
    const inUse: string[] = [];
    record = async () => void inUse.push(pairs().current().cert);
    start(hub());
    await settled('scheduled');
    const { leaf } = pairs().current();
    expect(inUse).toEqual([before.cert]);
    const certificate = leaf.fingerprint256.replaceAll(':', '').toLowerCase();
    const end = new Date(leaf.validTo).toISOString();
    expect(recorded).toEqual([{ kind: 'credentials.renewed', certificate_sha256: certificate, valid_to: end }]);
  });

  it('SEC-240 does not use a certificate that cannot be recorded, and tries again', async () => {
    const before = pairs().current().cert;
    record = () => Promise.reject(new Error('the disk is full'));
    start(hub());
    await settled('failed');
    expect(renewal?.status.error).toBe('the disk is full');
    expect(pairs().current().cert).toBe(before);
    record = () => Promise.resolve();
    clock.advance(HOUR_MS);
    await settled('scheduled');
    expect(pairs().current().cert).not.toBe(before);
    expect(recorded).toHaveLength(1);
  });

  it.each<[string, (reach: () => Hub) => Hub, RegExp]>([
    ['cannot be reached', () => () => Promise.reject(new Error('ECONNREFUSED')), /ECONNREFUSED/u],
    [
      'knows the agent no more',
      () => async () => ({ status: 403, text: '{"error":"revoked"}' }),
      /HTTP 403, revoked.*enroll again/u,
    ],
    ['answers with no JSON', () => async () => ({ status: 200, text: '<html>' }), /no JSON/u],
    ['answers with nothing', () => async () => ok(null), /client_cert_pem holds no PEM/u],
    [
      'signs another key',
      () => hub({ sign: async () => (await authority.issue({ commonName: 'web-1', use: 'client' })).cert }),
      /for another key/u,
    ],
    [
      'signs for another agent',
      () => hub({ sign: async (csr) => await authority.sign(csr, 'web-2', { use: 'client' }) }),
      /for "web-2"/u,
    ],
    [
      'is of another CA',
      () => hub({ sign: async (csr) => await stranger.sign(csr, undefined, { use: 'client' }), ca: stranger.pem }),
      /another CA/u,
    ],
    [
      'issues for servers',
      () => hub({ sign: async (csr) => await authority.sign(csr, undefined, { use: 'server' }) }),
      /clientAuth/u,
    ],
    [
      'issues what has ended',
      () => hub({ sign: async (csr) => await authority.sign(csr, undefined, { use: 'client', fromDays: -9, untilDays: -1 }) }),
      /valid only from/u,
    ],
    ['does not take what it issued', () => hub({ proof: async () => 403 }), /did not accept it \(HTTP 403\)/u],
    ['is gone before the proof', () => hub({ proof: () => Promise.reject(new Error('ECONNRESET')) }), /ECONNRESET/u],
  ])('SEC-028 keeps the old pair when the hub %s, says so, and tries again later each time', async (_title, made, words) => {
    const before = pairs().current().cert;
    const { status } = start(made(hub));
    expect(status.state).toBe('renewing');
    await settled('failed');
    expect(renewal?.status.error).toMatch(words);
    expect(events).toEqual([
      expect.objectContaining({ kind: 'cert_renew_failed', status: 'failed', error: expect.stringMatching(words) as unknown }),
    ]);
    expect([pairs().current().cert, works()]).toEqual([before, true]);
    const [firstWait = 0] = clock.waits;
    clock.advance(firstWait);
    await settled('failed');
    await vi.waitFor(() => expect(events).toHaveLength(2));
    expect(clock.waits[0]).toBeGreaterThan(firstWait * 1.5);
    expect(firstWait).toBeGreaterThanOrEqual(60_000);
  });

  it.each([404, 405, 426, 501])(
    'says of a hub that renews nothing (%i) that it does not, once a day and without an event',
    async (code) => {
      start(async () => ({ status: code, text: '' }));
      await settled('unsupported');
      for (let turn = 0; turn < 5; turn += 1) {
        clock.advance(6 * HOUR_MS - 1);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await settled('unsupported');
      expect([asked.length, events]).toEqual([2, []]);
    },
  );

  it('SEC-029 an expired certificate is no reason to stop: it is tried again, slowly', async () => {
    await enrolled(-60, -30);
    start(async () => ({ status: 403, text: '{"error":"no client certificate of this hub"}' }));
    await settled('failed');
    const waits: number[] = [];
    for (let turn = 1; turn <= 8; turn += 1) {
      waits.push(clock.waits[0] ?? 0);
      clock.advance(clock.waits[0] ?? 0);
      await vi.waitFor(() => expect(events).toHaveLength(turn + 1));
    }
    expect(waits.at(-1)).toBe(6 * HOUR_MS);
  });
});
