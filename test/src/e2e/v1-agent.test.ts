import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHub } from '@stormpulse/hub';
import type { AgentView, Hub } from '@stormpulse/hub';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { V1Agent, enrolV1Agent } from '../doubles/v1-agent.ts';
import type { V1AgentOptions, V1Credentials } from '../doubles/v1-agent.ts';
import { HubPerson } from './hub-person.ts';
import { PATIENT } from './patience.ts';

describe('a Python agent 0.3.x at our hub', () => {
  let folder: string;
  let hub: Hub;
  let person: HubPerson;
  let credentials: V1Credentials;
  let release: string;
  const agents: V1Agent[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'v1-agent-'));
    release = join(folder, 'release');
    const listen = { host: '127.0.0.1', port: 0 };
    hub = await createHub({ stateDir: join(folder, 'hub'), agentsListen: listen, peopleListen: listen });
    person = await HubPerson.signIn(hub);
    const { token } = await hub.createToken('old-1');
    credentials = await enrolV1Agent(`${hub.agentsUrl}/api/enroll/`, 'old-1', token, caPem());
  });
  afterEach(async () => {
    writeFileSync(release, '');
    await Promise.all(agents.splice(0).map((agent) => agent.close()));
    await hub.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What `SSL_CERT_FILE` of the printed line names. */
  const caPem = (): string => readFileSync(join(folder, 'hub', 'ca.pem'), 'utf8');

  const connect = async (more: Partial<V1AgentOptions> = {}): Promise<V1Agent> => {
    const agent = await V1Agent.connect({
      url: `${hub.agentsUrl.replace('https:', 'wss:')}/ws/pulse/`,
      credentials,
      pulseToken: String(credentials.ignored['pulse_token']),
      commands: {
        uptime: ['/usr/bin/printf', 'up 3 days\n'],
        minute: ['/bin/sleep', '60'],
        slow: ['/bin/sh', '-c', `while [ -d ${folder} ] && [ ! -e ${release} ]; do sleep 0.05; done; echo late`],
      },
      heartbeatMs: 60_000,
      pushMs: 60_000,
      ...more,
    });
    agents.push(agent);
    return agent;
  };

  it('enrols over the roots it is told, with a CSR of subject only, and gets what its five files hold', async () => {
    expect(credentials.ca).toBe(caPem());
    expect(credentials.cert).toContain('BEGIN CERTIFICATE');
    expect(credentials.hmacKey).toHaveLength(32);
    expect(credentials.ignored['pulse_token']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u);
  });

  it('SEC-300 cannot use its token twice', async () => {
    const { token } = await hub.createToken('old-2');
    const endpoint = `${hub.agentsUrl}/api/enroll/`;
    await enrolV1Agent(endpoint, 'old-2', token, caPem());
    await expect(enrolV1Agent(endpoint, 'old-2', token, caPem())).rejects.toThrow(/enrolment answered 40[39]: \{"error":/u);
  });

  it('registers without features, and gets an acknowledgement of all it sends', async () => {
    const agent = await connect();
    for (const type of ['register.ok', 'heartbeat.ack', 'metrics.ack']) {
      const ack = await agent.received.until(type, (message) => message.type === type);
      expect([ack.agent_id, ack.payload]).toEqual(['old-1', {}]);
    }
    agent.send('events.batch', {
      batch_id: 'b-1',
      events: [{ ts: '2026-03-04T05:06:07.089Z', source: 'ws', kind: 'reconnect' }],
    });
    const ack = await agent.received.until('events.batch.ack', ({ type }) => type === 'events.batch.ack');
    expect(ack.payload).toEqual({ batch_id: 'b-1' });
    const view = await person.get<AgentView>('/agents/old-1');
    expect(view).toMatchObject({ version: '0.3.2', features: [], figures: { cpu_percent: 12.5, memory_total_mb: 2_048 } });
  });

  it('runs a command whose signature it can check', async () => {
    await connect();
    await vi.waitFor(async () => expect((await person.get<AgentView>('/agents/old-1')).liveness.link.state).toBe('up'), PATIENT);
    const { id } = await person.order('old-1', 'uptime');
    await vi.waitFor(
      async () => expect((await person.run(id)).target.result).toMatchObject({ stdout: 'up 3 days\n', exit_code: 0 }),
      PATIENT,
    );
  });

  it('keeps its link through a long command while 40 messages of its own go out', async () => {
    const agent = await connect({ pingMs: 1_000 });
    await agent.received.until('metrics.ack', ({ type }) => type === 'metrics.ack');
    const slow = await person.order('old-1', 'slow');
    const quick = await person.order('old-1', 'uptime');
    await agent.received.until('the command', ({ type }) => type === 'command.request');
    const before = agent.received.messages.length;
    for (let sent = 0; sent < 20; sent += 1) {
      agent.heartbeat();
      agent.metrics();
    }
    // Three rounds of its own pings: it would close 1011 at the second if its queue had filled.
    await untilPongs(agent, 3);
    expect(agent.deepestQueue).toBeLessThan(16);
    expect(agent.received.messages).toHaveLength(before);
    expect((await person.run(quick.id)).state).toBe('queued');
    expect(existsSync(release)).toBe(false);

    writeFileSync(release, '');
    await vi.waitFor(async () => expect((await person.run(slow.id)).target.result).toMatchObject({ stdout: 'late\n' }), PATIENT);
    await vi.waitFor(
      async () => expect((await person.run(quick.id)).target.result).toMatchObject({ stdout: 'up 3 days\n' }),
      PATIENT,
    );
    expect(agent.ran).toEqual(['slow', 'uptime']);
    // The second was signed when it was sent, not when it was ordered.
    const [first, second] = agent.received.of('command.request');
    expect(Date.parse(second?.ts ?? '') - Date.parse(first?.ts ?? '')).toBeGreaterThan(1_000);
    expect(agent.received.of('heartbeat.ack').length).toBeGreaterThan(1);
  });

  it('D10: is served through a command of 60 s, its own 40 messages and three pings meanwhile', async () => {
    const agent = await connect({ pingMs: 20_000, heartbeatMs: 3_000, pushMs: 3_000 });
    const { id } = await person.order('old-1', 'minute');
    await vi.waitFor(async () => expect((await person.run(id)).target.result).toMatchObject({ success: true, exit_code: 0 }), {
      timeout: 90_000,
      interval: 500,
    });
    expect(agent.ran).toEqual(['minute']);
    expect(agent.deepestQueue).toBeLessThan(16);
    expect(agent.pongs).toBeGreaterThanOrEqual(2);
  }, 120_000);

  it('the double itself drops the link when acknowledgements do pile up, or the test above would prove nothing', async () => {
    const agent = await connect({ pingMs: 300 });
    await agent.received.until('metrics.ack', ({ type }) => type === 'metrics.ack');
    await person.order('old-1', 'slow');
    await agent.received.until('the command', ({ type }) => type === 'command.request');
    for (let sent = 0; sent < 40; sent += 1) agent.send('events.batch', { batch_id: `b-${sent}`, events: [] });
    // It says 1011 and cannot read the answer, so its own end of the link sees 1006.
    expect([1006, 1011]).toContain(await agent.closed);
    expect(agent.deepestQueue).toBeGreaterThanOrEqual(16);
  });
});

async function untilPongs(agent: V1Agent, count: number): Promise<void> {
  const from = agent.pongs;
  await vi.waitFor(() => expect(agent.pongs - from).toBeGreaterThanOrEqual(count), PATIENT);
}
