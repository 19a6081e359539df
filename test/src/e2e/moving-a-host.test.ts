import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { openDatabase } from '@stormpulse/sqlite';
import { parse } from 'smol-toml';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HubSide } from '../doubles/v1-hub.ts';
import { wireNonce, wireTime } from '../doubles/v1-wire.ts';
import type { WireMessage } from '../doubles/v1-wire.ts';
import { HostStage, PROGRAM } from './agent-process.ts';
import type { AgentProcess } from './agent-process.ts';
import { v1Refuses, writeV1Host } from './moving-a-host-files.ts';
import { PATIENT } from './patience.ts';

const MAX_AGE_SECONDS = 60;
/** How far ahead v1 lets a command be dated. */
const SKEW_SECONDS = 5;
const CREDENTIALS = ['creds/ca.pem', 'creds/agent.pem', 'creds/agent-key.pem', 'creds/hmac.key'];

/** Every key that v1 cannot start without (wire page, 11.1), and the type it takes. */
const V1_REQUIRED: Readonly<Record<string, Readonly<Record<string, 'string' | 'number' | 'boolean'>>>> = {
  agent: { id: 'string', pulse_token: 'string' },
  dashboard: {
    url: 'string',
    reconnect_min_seconds: 'number',
    reconnect_max_seconds: 'number',
    heartbeat_interval_seconds: 'number',
  },
  tls: { ca_cert: 'string', client_cert: 'string', client_key: 'string' },
  auth: { hmac_secret: 'string', command_max_age_seconds: 'number' },
  metrics: { push_interval_seconds: 'number', collect_containers: 'boolean' },
  project: { project_dir: 'string', compose_file: 'string', docker_service_name: 'string' },
  storage: { db_path: 'string' },
};

describe('a host of the Python agent: its files are taken as they are, and given back so that it can go on', () => {
  let stage: HostStage;
  /** Commands that v1 took just before, and one it has not yet forgotten. */
  let taken: { readonly nonce: string; readonly seenAt: number; readonly ts: string }[];

  beforeEach(async () => {
    stage = await HostStage.create();
    const now = Date.now() / 1_000;
    taken = [-15, -5, -1].map((ago) => ({ nonce: wireNonce(), seenAt: now + ago, ts: wireTime((now + ago) * 1_000) }));
    // Dated ahead when v1 took it: v1 itself would forget it too early (wire page, 3.6).
    taken.push({ nonce: wireNonce(), seenAt: now, ts: wireTime((now + SKEW_SECONDS - 1) * 1_000) });
    writeV1Host(stage, [...taken, { nonce: wireNonce(), seenAt: now - 3_600 }]);
  });
  afterEach(async () => {
    await stage.close();
  });

  const database = (): string => stage.path('data/stormpulse.db');
  const marks = (): number =>
    existsSync(stage.path('app/marks')) ? readFileSync(stage.path('app/marks'), 'utf8').length / 2 : 0;
  const up = async (): Promise<{ agent: AgentProcess; link: HubSide }> => {
    const agent = stage.launch();
    const link = await stage.hub.link();
    await link.inbox.until('register', ({ type }) => type === 'register');
    return { agent, link };
  };
  const reasonFor = async (link: HubSide, id: string): Promise<unknown> => {
    const eventIn = ({ payload }: WireMessage): Record<string, unknown> | undefined =>
      (payload['events'] as Record<string, unknown>[] | undefined)?.find((event) => event['command_ref'] === id);
    const batch = await link.inbox.until(
      `the refusal of ${id}`,
      (message) => message.type === 'events.batch' && eventIn(message) !== undefined,
    );
    return eventIn(batch)?.['failure_reason'];
  };
  /** Runs `mark` once the floor of a database v1 wrote is behind (D1). */
  const runMark = async (agent: AgentProcess, link: HubSide): Promise<WireMessage> => {
    const floor = /"floor":"([^"]+)"/u.exec(agent.log())?.[1] ?? 'no floor in the log';
    await vi.waitFor(() => expect(Date.now(), floor).toBeGreaterThan(Date.parse(floor)), PATIENT);
    const request = stage.hub.request('mark');
    link.send(request);
    const answers = ({ type, payload }: WireMessage): boolean =>
      type === 'command.result' && payload['request_id'] === request.id;
    expect((await link.inbox.until('the result of mark', answers)).payload).toMatchObject({ success: true, exit_code: 0 });
    return request;
  };

  it('I3 I5 I6 SEC-063 is checked, runs, refuses what v1 took, goes back', async () => {
    const before = [...CREDENTIALS, 'stormpulse.toml'].map((name) => [
      name,
      readFileSync(stage.path(name)),
      statSync(stage.path(name)).mode,
    ]);
    const check = spawnSync(process.execPath, [PROGRAM, 'config', 'check', stage.path('stormpulse.toml')], { encoding: 'utf8' });
    expect([check.status, check.stderr]).toEqual([0, '']);
    expect(check.stdout).toContain('acme_gate: unclaimed section, ignored');
    expect(check.stdout).toContain('Would offer 4 commands: mark, say, docker_logs, git_pull.');

    const { agent, link } = await up();
    expect(Object.keys(link.inbox.of('register')[0]?.payload['commands'] as object)).toEqual([
      'docker_logs',
      'git_pull',
      'mark',
      'say',
    ]);
    const integrations = {
      caddy: {
        status: 'disabled_error',
        disabled_reason: '[caddy]: caddy.drop_in_path: is "stormpulse.caddy"; expected an absolute path',
        state: null,
      },
      rclone: { status: 'disabled_choice', disabled_reason: null, state: null },
    };
    expect(link.inbox.of('register')[0]?.payload['integrations']).toEqual(integrations);
    expect((await link.inbox.count('metrics.push', 1))[0]?.payload['integrations']).toEqual(integrations);
    expect(agent.log()).toContain('log_groups.0.name: is "web.app"');

    // What v1 took is not taken again, with its own time or, once the floor is behind, with a new one.
    for (const { nonce, ts } of taken) {
      const replay = stage.hub.request('mark', {}, { nonce, ts });
      link.send(replay);
      expect(['replayed_nonce', 'before_floor']).toContain(await reasonFor(link, replay.id));
    }
    expect(marks()).toBe(0);
    const ran = await runMark(agent, link);
    for (const { nonce } of taken.slice(1)) {
      const renewed = stage.hub.request('mark', {}, { nonce });
      link.send(renewed);
      expect(await reasonFor(link, renewed.id)).toBe('replayed_nonce');
    }
    const ahead = stage.hub.request('mark', {}, { ts: wireTime(Date.now() + (SKEW_SECONDS - 1) * 1_000) });
    link.send(ahead);
    await link.inbox.until('its result', ({ type, payload }) => type === 'command.result' && payload['request_id'] === ahead.id);
    expect((await stage.hub.run('say', { word: 'moved' })).payload).toMatchObject({ stdout: 'moved' });
    expect(marks()).toBe(2);

    agent.child.kill('SIGTERM');
    expect(await agent.ended).toEqual([0, null]);

    // v1's own statements, at every moment at which v1 would still take the command's time.
    for (const { payload, ts } of [ran, ahead]) {
      const freshUntil = Date.parse(ts) / 1_000 + MAX_AGE_SECONDS;
      for (const at of [Date.now() / 1_000, freshUntil - 30, freshUntil, freshUntil + SKEW_SECONDS])
        expect([at, v1Refuses(database(), String(payload['nonce']), at, MAX_AGE_SECONDS)]).toEqual([at, true]);
    }
    for (const { nonce, seenAt } of taken.slice(1))
      expect(v1Refuses(database(), nonce, seenAt + MAX_AGE_SECONDS, MAX_AGE_SECONDS)).toBe(true);
    expect(v1Refuses(database(), wireNonce(), Date.now() / 1_000, MAX_AGE_SECONDS)).toBe(false);

    // v1 reads a missing flag as open.
    expect(existsSync(stage.path('data/signoff.sealed'))).toBe(true);
    expect(existsSync(stage.path('data/signoff.unsealed_at'))).toBe(false);

    const after = [...CREDENTIALS, 'stormpulse.toml'].map((name) => [
      name,
      readFileSync(stage.path(name)),
      statSync(stage.path(name)).mode,
    ]);
    expect(after).toEqual(before);
    const file = parse(readFileSync(stage.path('stormpulse.toml'), 'utf8')) as Record<string, Record<string, unknown>>;
    for (const [section, keys] of Object.entries(V1_REQUIRED))
      for (const [key, type] of Object.entries(keys))
        expect([section, key, typeof file[section]?.[key]]).toEqual([section, key, type]);
  });

  it("keeps v1's table as v1 made it", async () => {
    const { agent } = await up();
    agent.child.kill('SIGTERM');
    await agent.ended;
    const opened = openDatabase(database(), { readonly: true });
    const columns = opened.prepare("SELECT name, type, pk FROM pragma_table_info('seen_nonces')").all();
    opened.close();
    expect(columns).toEqual([
      { name: 'nonce', type: 'TEXT', pk: 1 },
      { name: 'seen_at', type: 'REAL', pk: 0 },
    ]);
  });
});
