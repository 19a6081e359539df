import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openNonceStore } from '@stormpulse/services';
import { createAuthority } from '../../test-support/authority.ts';
import { HostWithHub } from '../../test-support/host-with-hub.ts';
import { runProgram } from '../../test-support/program.ts';
import { examine } from './examine.ts';
import type { Diagnosis } from './examine.ts';
import { formatDiagnosis } from './format.ts';
import { realSurroundings } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';

const HOUR_MS = 3_600_000;
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('stormpulse doctor', () => {
  let host: HostWithHub;

  beforeEach(async () => {
    host = await HostWithHub.create();
  });
  afterEach(() => host.close());

  const look = async (change: Partial<Surroundings> = {}): Promise<Diagnosis> =>
    await examine(host.config, { ...realSurroundings(), env: {}, execArgv: [], ...change });
  /** `area: problem -> fix` of everything that is wrong. */
  const wrong = async (change: Partial<Surroundings> = {}): Promise<string[]> =>
    (await look(change)).findings
      .filter(({ level }) => level === 'wrong')
      .map(({ area, problem, fix }) => `${area}: ${problem} -> ${fix}`);

  it('finds nothing on a sound host, and says where it looked', async () => {
    const diagnosis = await look();
    expect(diagnosis).toMatchObject({ ok: true, findings: [] });
    expect(formatDiagnosis(diagnosis)).toBe(
      'Looked at: environment, config, files, certificates, disk, nonces, clock, dns, proxy, hub, plugins, agent.\n' +
        `Nothing is wrong with this host and ${host.config}.`,
    );
  });

  it('W48: a tree that no section names is a note, one that is not as it was granted is wrong', async () => {
    const integrity = `sha512-${'A'.repeat(86)}==`;
    const tree = host.folder.path(`plugins/weather/${integrity}`);
    mkdirSync(tree, { recursive: true, mode: 0o755 });
    const orphan = await look();
    expect(orphan).toMatchObject({
      ok: true,
      findings: [{ level: 'note', area: 'plugins', problem: expect.stringContaining('orphan_package'), where: tree }],
    });
    host.writeConfig(
      ['ca_cert', 'require_server_eku = false\nca_cert'],
      ['[storage]', `[plugins.weather]\npackage = "weather"\nintegrity = "${integrity}"\n\n[storage]`],
    );
    expect(await wrong()).toEqual([
      expect.stringMatching(
        /^plugins: \[plugins\.weather\] is disabled_error: .*no grant.* -> .*stormpulse plugins remove weather/u,
      ),
    ]);
  });

  it('names eight faults of one host, each with where, what was expected and what to do', async () => {
    host.writeConfig(['[storage]', '[garage]\nenabled = true\n\n[storage]']);
    host.ageStore(Date.now() + 24 * HOUR_MS);
    await useTheStore(host, Date.now() + 24 * HOUR_MS + 60_000);
    host.folder.write('ca.pem', 'no certificate');
    chmodSync(host.folder.path('hmac.key'), 0o644);
    const { findings, ok } = await look({
      env: { HTTPS_PROXY: 'http://me:hunter2@proxy.example:3128' },
      lookup: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
      tryWriting: () => {
        throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      },
    });
    expect(ok).toBe(false);
    const byArea = Object.fromEntries(findings.map((finding) => [finding.area, finding]));
    expect(byArea).toMatchObject({
      clock: {
        problem: expect.stringContaining('24 h behind'),
        fix: expect.stringContaining(`doctor ${host.config} --accept-clock`),
      },
      certificates: { problem: 'holds no certificate', where: expect.stringContaining('ca.pem') },
      dns: { problem: '"localhost" does not resolve: no such name (ENOTFOUND)', fix: expect.stringContaining('[dashboard] url') },
      proxy: { level: 'wrong', problem: expect.stringMatching(/^HTTPS_PROXY is set and ignored/u) },
      files: {
        problem: expect.stringContaining('everybody may read this secret'),
        fix: `run: chmod o= ${host.folder.path('hmac.key')}`,
      },
      disk: { problem: expect.stringContaining('the disk is full (ENOSPC)'), fix: expect.stringContaining('df -h') },
      hub: { problem: expect.stringContaining('cannot be reached') },
      plugins: {
        problem: expect.stringContaining('[garage] is disabled_error'),
        fix: expect.stringContaining('enabled = false'),
      },
    });
    for (const { where, expected, fix } of findings) expect([where, expected, fix].every((text) => text.length > 2)).toBe(true);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  it('a hub that nobody runs: refused, and nothing else is blamed', async () => {
    await host.hub.close();
    expect(await wrong()).toEqual([expect.stringMatching(/^hub: the hub cannot be reached: .*ECONNREFUSED.* -> start the hub/u)]);
  });

  it('a hub that takes the connection and says nothing', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      host.folder.writeConfig(['wss://127.0.0.1:1/', `wss://127.0.0.1:${(silent.address() as AddressInfo).port}/`]);
      const { probe } = realSurroundings();
      expect(await wrong({ probe: (options) => probe({ ...options, stageMs: 300 }) })).toEqual([
        expect.stringMatching(/^hub: the hub did not finish the TLS handshake within 300 ms -> start the hub/u),
      ]);
    } finally {
      silent.close();
    }
  });

  it('SEC-024 a hub without EKU: the line of TOML that allows it', async () => {
    host.writeConfig();
    expect(await wrong()).toEqual([
      expect.stringMatching(/^hub: the hub was refused: .*serverAuth -> .*write require_server_eku = false under \[tls\]/u),
    ]);
  });

  it("SEC-021 a hub of another CA: the line that allows the system's", async () => {
    host.folder.write('ca.pem', (await createAuthority('another root')).pem, 0o644);
    expect(await wrong()).toEqual([
      expect.stringMatching(/^certificates: was not issued by the CA in /u),
      expect.stringMatching(/^hub: the hub was refused: .*CA this agent does not trust -> .*server_ca = "system" under \[tls\]/u),
    ]);
  });

  it.each([
    [
      401,
      ['hub: the hub does not accept this agent (HTTP 401) -> check on the hub that this agent is not revoked, or enroll again'],
    ],
    [404, []],
    [426, []],
  ])('a hub that answers %i', async (status, expected) => {
    await host.close();
    host = await HostWithHub.create((_request, response) => void response.writeHead(status).end());
    expect(await wrong()).toEqual(expected);
  });

  it.each([
    [HOUR_MS, 'is 60 min ahead of'],
    [-HOUR_MS, 'is 60 min behind'],
  ])("a clock %i ms off the hub's", async (off, says) => {
    // Nothing dated: only the hub tells.
    host.ageStore(Date.now() - 2 * HOUR_MS);
    expect(await wrong({ now: () => Date.now() + off })).toContainEqual(expect.stringContaining(`clock: ${says}`));
  });

  it("a certificate that has ended, and another's key", async () => {
    const ended = await host.authority.issue({ commonName: 'web-1', fromDays: -3, untilDays: -1 });
    host.folder.write('agent.pem', ended.cert, 0o644);
    const found = await wrong();
    expect(found).toContainEqual(expect.stringMatching(/^certificates: it has expired at .* -> .*stormpulse enroll/u));
    expect(found).toContainEqual(expect.stringMatching(/^certificates: is the key of another certificate -> /u));
  });

  it('a certificate of another agent', async () => {
    const other = await host.authority.issue({ commonName: 'web-2' });
    host.folder.write('agent.pem', other.cert, 0o644);
    host.folder.write('agent-key.pem', other.key);
    expect(await wrong()).toEqual([expect.stringContaining('it was issued to "web-2", and [agent] id is "web-1"')]);
  });

  it('a certificate of a CA below that of the file: nothing, where what is between stands behind it', async () => {
    const between = await host.authority.below('agents');
    const { cert, key } = await between.issue({ commonName: 'web-1' });
    host.folder.write('agent-key.pem', key);
    host.folder.write('agent.pem', `${cert}\n${between.pem}`, 0o644);
    expect((await look()).findings).toEqual([]);
    host.folder.write('agent.pem', `${cert}\n${(await createAuthority('agents')).pem}`, 0o644);
    expect((await look()).findings).toEqual([
      expect.objectContaining({ area: 'certificates', problem: expect.stringContaining('was not issued by the CA') as unknown }),
    ]);
  });

  it('a signing key that is too short', async () => {
    host.folder.write('hmac.key', 'short');
    expect(await wrong()).toEqual([
      expect.stringMatching(/^certificates: .*hmac\.key holds 5 usable bytes; expected at least 16/u),
    ]);
  });

  it('SEC-166 a state folder that others may change', async () => {
    chmodSync(host.folder.folder, 0o777);
    expect(await wrong()).toContainEqual(expect.stringContaining(`run: chmod go-w ${host.folder.folder}`));
  });

  it('a state folder on a read-only file system', async () => {
    const tryWriting = (): never => {
      throw Object.assign(new Error('ro'), { code: 'EROFS' });
    };
    expect(await wrong({ tryWriting })).toEqual([expect.stringMatching(/^disk: the file system is read-only .* -> .*findmnt/u)]);
  });

  it('SEC-063 a nonce database that is damaged', async () => {
    host.folder.write('stormpulse.db', 'this is no database, whatever its name says');
    expect(await wrong()).toEqual([expect.stringMatching(/^nonces: cannot be read: .* -> restart the agent: it moves/u)]);
  });

  it('does not hold an agent up that has the store open', async () => {
    const store = openNonceStore({
      path: host.folder.path('stormpulse.db'),
      clock: { now: () => Date.now() },
      maxAgeSeconds: 60,
      logger: SILENT,
    });
    const looking = look();
    const claims = Array.from({ length: 20 }, (_, n) =>
      store.claim(`n${n}`, BigInt(Date.now()) * 1_000n, Date.now(), acceptance(`n${n}`)),
    );
    expect(await Promise.all(claims)).toEqual(claims.map(() => undefined));
    expect(await looking).toMatchObject({ ok: true });
    store.close();
  });

  it.each([
    [{ LD_PRELOAD: '/x.so', NODE_PATH: '/y' }, ['NODE_PATH, LD_PRELOAD are set']],
    [
      { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_OPTIONS: '--inspect' },
      ['NODE_TLS_REJECT_UNAUTHORIZED is set', 'NODE_OPTIONS is set'],
    ],
  ])('SEC-167 an environment that run refuses: %j', async (env, says) => {
    const found = await wrong({ env });
    expect(found).toEqual(
      says.map((text) => expect.stringMatching(new RegExp(`^environment: ${text}.* -> .*unset`, 'u')) as string),
    );
  });

  it('SEC-003 a proxy variable is only a note when the hub is reached without', async () => {
    const { ok, findings } = await look({ env: { https_proxy: 'http://proxy.example' } });
    expect([ok, findings.map(({ area, level }) => [area, level])]).toEqual([true, [['proxy', 'note']]]);
  });

  it('a file that is not right: each problem with its line, and the rest of the host is looked at', async () => {
    host.writeConfig(['heartbeat_interval_seconds = 30', 'heartbeat_interval_seconds = -1']);
    chmodSync(host.folder.path('hmac.key'), 0o644);
    const { findings } = await look();
    expect(findings).toContainEqual(
      expect.objectContaining({ area: 'config', where: `${host.config}:10 dashboard.heartbeat_interval_seconds` }),
    );
    expect(findings).toContainEqual(expect.objectContaining({ area: 'files' }));
    expect(findings.filter(({ problem }) => problem.includes('everybody may read'))).toHaveLength(1);
  });

  it('a command that is left out', async () => {
    host.writeConfig([
      '[storage]',
      '[commands.tool]\ngroup = "x"\ncommand = ["/usr/bin/sh", "-c", "{a}"]\ntimeout = 5\n\n[storage]',
    ]);
    expect(await wrong()).toContainEqual(expect.stringMatching(/^config: /u));
  });

  it.each([
    ['does not run', { mark: 'another boot/1' }, /^agent: the agent does not run -> start it: systemctl start stormpulse/u],
    [
      'is not connected',
      { connection: { state: 'waiting', since: 0, attempt: 2, lastError: { code: 'E', message: 'closed by the hub' } } },
      /^agent: the agent is not connected \(waiting\): closed by the hub -> /u,
    ],
    [
      'has a plugin that failed',
      { plugins: [{ name: 'weather', state: 'failed', reason: 'no sky' }] },
      /^plugins: the plugin weather is failed: no sky -> /u,
    ],
  ])('an agent that %s', async (_name, change, says) => {
    host.writeRunning(change);
    expect(await wrong()).toEqual([expect.stringMatching(says)]);
  });

  it('without a file: says so and looks at what there is', async () => {
    const { ok, findings } = await examine(host.folder.path('none.toml'), { ...realSurroundings(), env: {}, execArgv: [] });
    expect(ok).toBe(false);
    expect(findings).toEqual([
      expect.objectContaining({ area: 'config', problem: 'is not there', fix: expect.stringMatching(/^check the path; /u) }),
    ]);
  });

  describe('as a program', () => {
    it('0 when nothing is wrong, 1 with findings, 2 for wrong use; one JSON object', async () => {
      const sound = await runProgram(['doctor', host.config, '--json']);
      expect([sound.code, sound.stderr]).toEqual([0, '']);
      expect(JSON.parse(sound.stdout)).toMatchObject({ config: host.config, ok: true, findings: [] });
      host.writeRunning({ mark: 'gone' });
      const text = await runProgram(['doctor', host.config]);
      expect([text.code, text.stderr]).toEqual([1, '']);
      expect(text.stdout).toMatch(
        /^agent: the agent does not run\n {2}where: {4}\S.*\n {2}expected: \S.*\n {2}do: {7}start it/mu,
      );
      expect((await runProgram(['doctor', host.config, '--fix'])).code).toBe(2);
    });

    it.runIf(process.geteuid?.() === 0)(
      "as root looks with the rights of the agent's user, and leaves nothing of root's",
      async () => {
        const nobody = 65_534;
        const mine = (): string[] =>
          readdirSync(host.folder.folder).filter((name) => statSync(host.folder.path(name)).uid !== nobody);
        for (const name of ['.', ...readdirSync(host.folder.folder)]) chownSync(host.folder.path(name), nobody, nobody);
        expect((await runProgram(['doctor', host.config, '--json', '--accept-clock'])).stdout).toContain(
          '"ok":true,"findings":[]',
        );
        expect(mine()).toEqual([]);
        chmodSync(host.folder.folder, 0o500);
        expect(await wrong()).toContainEqual(
          expect.stringMatching(/^disk: the agent's user may not write there .* -> run: chown 65534 /u),
        );
      },
    );

    it('SEC-064 --accept-clock: commands are accepted again, and none that is dated before', async () => {
      const now = Date.now();
      host.ageStore(now - HOUR_MS);
      await useTheStore(host, now + 24 * HOUR_MS);
      expect(await claimAt(host, now, 'a')).toBe('clock_rollback');
      const { stderr, stdout } = await runProgram(['doctor', host.config, '--accept-clock']);
      expect(stderr).toContain('is taken as right from the next start of the agent on');
      expect(stdout).not.toContain('clock:');
      expect(await claimAt(host, Date.now(), 'b', -1_000)).toBe('before_floor');
      const again = await runProgram(['doctor', host.config, '--accept-clock']);
      expect(again.stderr).toContain('nothing was changed');
      expect(await claimAt(host, Date.now() + 10_000, 'b')).toBeUndefined();
    });
  });
});

/** An agent of this host, at a time of its own, takes a command. */
async function useTheStore(host: HostWithHub, now: number): Promise<void> {
  expect(await claimAt(host, now, 'used')).toBeUndefined();
}

function acceptance(requestId: string) {
  return { requestId, sequenceId: null, steps: [{ command: 'demo_mark', group: 'demo' }] };
}

async function claimAt(host: HostWithHub, now: number, nonce: string, datedMs = 0): Promise<string | undefined> {
  const path = host.folder.path('stormpulse.db');
  const store = openNonceStore({ path, clock: { now: () => now }, maxAgeSeconds: 60, logger: SILENT });
  try {
    return await store.claim(nonce, BigInt(Math.round(now + datedMs)) * 1_000n, now, acceptance(nonce));
  } finally {
    store.close();
  }
}
