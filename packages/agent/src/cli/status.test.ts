import { readFileSync, readdirSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { createIdentity } from '../../test-support/identity.ts';
import type { TestIdentity } from '../../test-support/identity.ts';
import { runArgs, runProgram, startProgram } from '../../test-support/program.ts';
import { processMark } from '../host/process-mark.ts';
import { VERSION } from '../version.ts';
import { formatStatus, readStatus } from './status.ts';

const HOUR_MS = 3_600_000;

describe('stormpulse status', () => {
  let identity: TestIdentity;
  let host: HostFolder;

  beforeAll(async () => {
    identity = await createIdentity('web-1');
  });
  beforeEach(() => {
    host = new HostFolder();
    host.writeIdentity(identity);
    host.writeConfig();
  });
  afterEach(() => host.close());

  /** A status file as a running agent writes it; this process plays the agent. */
  const running = (change: object = {}): object => ({
    pid: process.pid,
    mark: processMark(process.pid),
    version: VERSION,
    writtenAt: 0,
    startedAt: 0,
    allowances: [],
    connection: { state: 'live', since: 0, attempt: 1 },
    features: [],
    plugins: [],
    commands: [],
    leftOut: [],
    refusals: {},
    ignored: {},
    outbox: { waiting: 0, lost: 0 },
    ...change,
  });
  const writeRunning = (change: object = {}): string => host.write('status.json', JSON.stringify(running(change)));
  const rows = (now?: number): Record<string, string> =>
    Object.fromEntries(
      formatStatus(readStatus(host.config, now), now)
        .split('\n')
        .map((line) => [line.slice(0, 16).trimEnd(), line.slice(16)]),
    );

  it('SEC-004 says of a hub that does not answer register within 15 s that it does not', () => {
    const silent = (sinceAgo: number, more: object = {}): string => {
      writeRunning({ connection: { state: 'live', since: 1_000_000 - sinceAgo, attempt: 1 }, ...more });
      return rows(1_000_000)['Connection:'] ?? '';
    };
    expect(silent(14_000)).toBe('live for 14 s');
    expect(silent(15_000)).toMatch(/^live for 15 s; the hub has not acknowledged/u);
    expect(silent(15_000, { lastAckAt: 990_000 })).toBe('live for 15 s');
    expect(silent(15_000, { lastAckAt: 900_000 })).toBe('live for 15 s');
    expect(silent(75_000, { lastAckAt: 900_000 })).toContain('has not acknowledged');
  });

  it.each([
    [{ state: 'scheduled', at: Date.UTC(2026, 1, 3, 4, 5) }, 'due 2026-02-03 04:05 UTC'],
    [
      { state: 'failed', at: Date.UTC(2026, 1, 3, 4, 5), error: 'the hub said no' },
      'failed, next attempt 2026-02-03 04:05 UTC; the hub said no',
    ],
    [
      { state: 'unsupported', at: Date.UTC(2026, 1, 3, 4, 5) },
      'this hub renews no certificates; enroll again before this one ends, next attempt 2026-02-03 04:05 UTC',
    ],
  ])('SEC-029 tells of the renewal: %o', (renewal, row) => {
    writeRunning({ renewal });
    expect(rows(Date.UTC(2026, 0, 1))['Renewal:']).toBe(row);
  });

  it('SEC-075: what was found wrong with the link has a row, when there is something', () => {
    writeRunning({ linkFaults: {} });
    expect(rows()).not.toHaveProperty(['Link faults:']);
    writeRunning({ linkFaults: { gap: 2, behind: 1 } });
    expect(rows()['Link faults:']).toBe('gap 2, behind 1');
  });

  it('I7: without a file: unknown, what is wrong, 0', async () => {
    const { code, stdout, stderr } = await runProgram(['status', host.path('none.toml')]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      [
        `Storm Pulse:    v${VERSION}`,
        'Agent ID:       unknown',
        `Config:         ${host.path('none.toml')}`,
        'Dashboard:      unknown',
        'Certs expire:   unavailable',
        'Nonce DB:       unknown',
        'PID:            not running',
        'Sign-off:       unknown',
        `Problem:        ${host.path('none.toml')}: is not there; check the path; stormpulse enroll makes the credentials`,
        '',
      ].join('\n'),
    );
  });

  it.each([
    ['not TOML', '[agent'],
    ['with problems', '[agent]\nid = 3\n'],
    ['not text', Buffer.from([0xff, 0xfe, 0])],
  ])('a file %s: 0, and each problem on a row of its own', async (_name, content) => {
    host.write('stormpulse.toml', content);
    const { code, stdout, stderr } = await runProgram(['status', host.config]);
    expect([code, stderr]).toEqual([0, '']);
    for (const line of stdout.trimEnd().split('\n')) expect(line).toMatch(/^[A-Z][\w -]+: +\S/u);
    expect(stdout).toContain('Problem:        ');
  });

  it('I6 shows each section that nothing serves, with its reason, whether an agent runs or not', () => {
    host.writeConfig(['[storage]', '[garage]\nenabled = true\n[rclone]\nenabled = false\n[storage]']);
    const shown = formatStatus(readStatus(host.config))
      .split('\n')
      .filter((line) => line.startsWith('Section:'));
    expect(shown).toEqual([
      expect.stringMatching(/^Section: {8}\[garage\] disabled_error \(garage\.container_name: is missing; /u),
      'Section:        [rclone] disabled_choice (enabled = false)',
    ]);
  });

  it('changes nothing', async () => {
    const before = readdirSync(host.folder);
    await runProgram(['status', host.config]);
    expect(readdirSync(host.folder)).toEqual(before);
    expect(rows()['Nonce DB:']).toBe(`${host.path('stormpulse.db')} (unavailable)`);
  });

  describe('of an agent that runs', () => {
    it('shows what it does while it does, and not running afterwards', async () => {
      const agent = startProgram(runArgs(host.config));
      try {
        const written = (): string => readFileSync(host.path('status.json'), 'utf8');
        await vi.waitFor(() => expect(written()).toContain('"state":"waiting"'), { timeout: 20_000 });
        const text = await runProgram(['status', host.config]);
        expect([text.code, text.stderr]).toEqual([0, '']);
        expect(text.stdout).toContain(`PID:            ${agent.pid} (running)`);
        expect(text.stdout).toMatch(
          /^Connection: {5}(?:waiting|connecting) for \d+ s(?:, next attempt in \d+ s)?; .*ECONNREFUSED/mu,
        );
        expect(text.stdout).toMatch(/^Plugins: {8}host-metrics ready, signoff ready$/mu);
        expect(text.stdout).toMatch(/^Nonce DB: {7}.*stormpulse\.db \(0 entries\)$/mu);
        const json = await runProgram(['status', host.config, '--json']);
        expect(JSON.parse(json.stdout)).toMatchObject({
          version: VERSION,
          agentId: 'web-1',
          running: { pid: agent.pid, version: VERSION, connection: { lastError: { code: 'E_CONN_REFUSED' } } },
        });
      } finally {
        agent.child.kill('SIGTERM');
      }
      expect(await agent.ended).toMatchObject({ code: 0 });
      const { connection } = JSON.parse(readFileSync(host.path('status.json'), 'utf8')) as { connection: { state: string } };
      expect(connection.state).toBe('closed');
      expect((await runProgram(['status', host.config])).stdout).toContain('PID:            not running\n');
    });

    it('a later process with the number of the agent is not the agent', () => {
      writeRunning();
      expect(rows()['PID:']).toBe(`${process.pid} (running)`);
      writeRunning({ mark: 'another boot/1' });
      expect(rows()['PID:']).toBe('not running');
    });

    it.each([
      ['nothing', ''],
      ['no JSON', '{"pid":'],
      ['no object', 'null'],
      ['an empty object', '{}'],
      ['a folder for a process', '{"pid":"self","mark":"x"}'],
    ])('takes a status file that holds %s for none', (_name, text) => {
      host.write('status.json', text);
      expect(rows()['PID:']).toBe('not running');
    });

    it('takes one that lacks what it shows for none', () => {
      writeRunning({ connection: { state: 'live' } });
      expect(rows()['PID:']).toBe('not running');
    });

    it.each([
      [200, "as the hub's, within 1 s"],
      [-3_000, "3 s behind the hub's"],
      [90_000, "90 s ahead of the hub's: commands are refused; see stormpulse doctor"],
    ])('shows a clock %i ms ahead of the hub', (clockAheadMs, shown) => {
      writeRunning({ clockAheadMs });
      expect(rows()['Clock:']).toBe(shown);
    });

    it('shows figures in words, and nothing a hub wrote can move the cursor', () => {
      writeRunning({
        connection: {
          state: 'waiting',
          since: 10_000,
          attempt: 3,
          nextAttemptInMs: 5_000,
          lastError: { code: 'E_CONN_CLOSED', message: 'closed: \u001b[2J\nPID: 1' },
        },
        lastAckAt: 4_000,
        plugins: [
          { name: 'a', state: 'ready' },
          { name: 'b', state: 'refused', reason: 'no grant' },
        ],
        commands: ['greet', 'uptime'],
        leftOut: [{ plugin: 'c', command: 'tool', problem: { path: [], problem: 'is open', expected: 'x', fix: 'chmod' } }],
        refusals: { replayed_nonce: 2, bad_signature: 1 },
        outbox: { waiting: 1, lost: 4 },
        allowances: ['--allow-root'],
      });
      expect(rows(12_000)).toMatchObject({
        'Connection:': 'waiting for 2 s, next attempt in 3 s; closed:  [2J PID: 1',
        'Last ack:': '8 s ago',
        'Plugins:': 'a ready, b refused (no grant)',
        'Commands:': 'greet, uptime',
        'Left out:': 'tool: is open; chmod',
        'Refused:': 'replayed_nonce 2, bad_signature 1',
        'Outbox:': '1 waiting, 4 lost',
        'Weakened by:': '--allow-root',
      });
    });
  });

  describe('I11: the end of the certificate, in full days', () => {
    const end = Date.UTC(2026, 0, 31, 12);

    it.each([
      [-71, '2026-01-31 (2 days)'],
      [-73, '2026-01-31 (3 days)'],
      [-1, '2026-01-31 (0 days)'],
      [1, '2026-01-31 (EXPIRED 0 days ago)'],
      [71, '2026-01-31 (EXPIRED 2 days ago)'],
      [73, '2026-01-31 (EXPIRED 3 days ago)'],
    ])('%i hours after it: %s', async (hours, shown) => {
      host.writeIdentity(await createIdentity('web-1', end));
      expect(rows(end + hours * HOUR_MS)['Certs expire:']).toBe(shown);
    });

    it('is unavailable without a certificate', () => {
      host.write('agent.pem', 'no certificate');
      expect(rows()['Certs expire:']).toBe('unavailable');
    });
  });
});
