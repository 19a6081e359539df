import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol, Stage } from '../../test-support/hub-fixture.ts';
import { metricsPayload, registerPayload, resultPayload } from '../../test-support/payloads.ts';
import { Person } from '../../test-support/person.ts';
import type { FakeAgent } from '../../test-support/hub-fixture.ts';
import type { Hub } from '../index.ts';

const OURS = { features: ['results.ack', 'plugin.state', 'events.id', 'cert.renew'] };
const LOGS = {
  group: 'app',
  parser: 'plain',
  batch_id: 'b-1',
  lines: [{ message: 'hello' }],
  dropped: 0,
  from_position: 0,
  to_position: 6,
};
const EVENT = { ts: '2026-03-04T05:06:07.089Z', source: 'ws', kind: 'reconnect', reason: 'closed' };

describe('acknowledgements', () => {
  let stage: Stage;
  let hub: Hub;
  let agent: FakeAgent;
  let person: Person;
  let aheadMs: number;
  beforeEach(async () => {
    stage = new Stage();
    aheadMs = 0;
    hub = await stage.startHub({ clock: { now: () => Date.now() + aheadMs } });
    agent = await stage.connect(hub, await enrol(hub, 'web-1'));
    person = await Person.signedIn(hub);
  });
  afterEach(async () => {
    await stage.close();
  });

  async function order(command: string, params: object = {}): Promise<string> {
    const answer = await person.run({ agent: 'web-1', command, params });
    expect(answer.status, answer.text).toBe(202);
    return String(answer.json()['id']);
  }

  it('answers register.ok with nothing to v1 and with what both know to ours', async () => {
    expect((await agent.register()).payload).toEqual({});
    const ours = await stage.connect(hub, await enrol(hub, 'web-2'));
    const ok = await ours.register(OURS);
    expect(ok.payload).toEqual({ features: ['results.ack', 'plugin.state', 'events.id'] });
    expect(ok.agent_id).toBe('web-2');
  });

  it('acknowledges every v1 message that has an acknowledgement', async () => {
    await agent.register();
    agent.send('heartbeat', {});
    expect((await agent.next('heartbeat.ack')).payload).toEqual({});
    agent.send('metrics.push', metricsPayload());
    expect((await agent.next('metrics.ack')).payload).toEqual({});
    agent.send('log.batch', LOGS);
    expect((await agent.next('log.batch.ack')).payload).toEqual({ batch_id: 'b-1' });
    agent.send('events.batch', { batch_id: 'e-1', events: [EVENT] });
    expect((await agent.next('events.batch.ack')).payload).toEqual({ batch_id: 'e-1' });
    agent.send('signoff.state', { signoff_sealed: false, unsealed_since: '2026-03-04T05:06:07+00:00' });
    expect((await agent.next('signoff.state.ack')).payload).toEqual({});
    const view = (await person.call('GET', '/api/v1/agents/web-1')).json();
    expect(view['signoff']).toEqual({ sealed: false, unsealed_since: '2026-03-04T05:06:07+00:00' });
  });

  it('SEC-324 stores events before it acknowledges, and a second delivery once', async () => {
    await agent.register();
    for (const batch of ['e-1', 'e-2']) {
      agent.send('events.batch', { batch_id: batch, events: [EVENT, { ...EVENT, reason: 'other' }] });
      await agent.next('events.batch.ack');
    }
    const events = (await person.call('GET', '/api/v1/agents/web-1/events?limit=10')).json();
    expect(events).toMatchObject({
      items: [
        { kind: 'reconnect', body: { reason: 'other' } },
        { body: EVENT, source: 'ws' },
      ],
      next: null,
    });
  });

  it('stores an event once by its id, however often it comes, and keeps two of one text apart', async () => {
    const items = async (): Promise<Record<string, unknown>[]> =>
      (await person.call('GET', '/api/v1/agents/web-1/events?limit=10')).json()['items'] as Record<string, unknown>[];
    const deliver = async (batchId: string, events: object[]): Promise<void> => {
      agent.send('events.batch', { batch_id: batchId, events });
      expect((await agent.next('events.batch.ack')).payload).toEqual({ batch_id: batchId });
    };
    await agent.register(OURS);
    await deliver('e-1', [
      { ...EVENT, id: 'r-1' },
      { ...EVENT, id: 'r-2' },
    ]);
    agent = await stage.connect(hub, agent.identity);
    await agent.register(OURS);
    await deliver('e-2', [EVENT]);
    await deliver('e-3', [
      { ...EVENT, id: 'r-2' },
      { ...EVENT, id: 'r-3' },
    ]);
    expect((await items()).map((item) => item['body'])).toEqual([EVENT, EVENT, EVENT]);
  });

  it("leaves the field id of an event alone when it is not the agreed one: v1's events have none", async () => {
    await agent.register();
    agent.send('events.batch', {
      batch_id: 'e-1',
      events: [
        { ...EVENT, id: 'bucket-1' },
        { ...EVENT, id: 'bucket-1', n: 2 },
      ],
    });
    await agent.next('events.batch.ack');
    const events = (await person.call('GET', '/api/v1/agents/web-1/events?limit=10')).json()['items'];
    expect(events).toMatchObject([{ body: { id: 'bucket-1', n: 2 } }, { body: { id: 'bucket-1' } }]);
  });

  it('SEC-241 notices an audit log that went back or is another, and records an event about the agent, once', async () => {
    await agent.register({ features: ['audit.head'] });
    const [one, other] = ['a'.repeat(64), 'b'.repeat(64)];
    const push = async (audit_head?: unknown): Promise<void> => {
      agent.send('metrics.push', metricsPayload({ audit_head }));
      await agent.next('metrics.ack');
    };
    for (const head of [
      { seq: 10, hash: one },
      { seq: 12, hash: one },
      { seq: 12, hash: one },
      undefined,
      'junk',
      { seq: 0, hash: one },
    ])
      await push(head);
    const found = async (): Promise<unknown> =>
      (await person.call('GET', '/api/v1/agents/web-1/events?limit=10')).json()['items'];
    expect(await found()).toEqual([]);
    await push({ seq: 5, hash: one });
    await push({ seq: 5, hash: one });
    await push({ seq: 5, hash: other });
    expect(await found()).toMatchObject([
      { kind: 'audit_log_rewritten', source: 'hub', body: { known_seq: 5, seq: 5 } },
      { kind: 'audit_log_truncated', source: 'hub', body: { known_seq: 12, seq: 5 } },
    ]);
  });

  it('takes a push field by field, and keeps null for what is out of range', async () => {
    await agent.register();
    agent.send('metrics.push', metricsPayload({ cpu_percent: 5000, load_avg_1m: 'much' }));
    await agent.next('metrics.ack');
    const view = (await person.call('GET', '/api/v1/agents/web-1')).json();
    expect(view['figures']).toMatchObject({ cpu_percent: null, load_avg_1m: null, memory_percent: 45.1, containers: 1 });
  });

  it('shows the last state of every plugin, and forgets those that register no longer names', async () => {
    agent.send('register', registerPayload(agent.identity.pulseToken, OURS));
    await agent.next('register.ok');
    agent.send(
      'metrics.push',
      metricsPayload({ integrations: { docker: { status: 'live', disabled_reason: null, state: { containers: [1] } } } }),
    );
    await agent.next('metrics.ack');
    const plugins = async (): Promise<unknown> => (await person.call('GET', '/api/v1/agents/web-1/plugins')).json()['items'];
    expect(await plugins()).toEqual([
      { name: 'caddy', status: 'disabled_choice', disabled_reason: null, state: null, declared: null },
      { name: 'docker', status: 'live', disabled_reason: null, state: { containers: [1] }, declared: null },
    ]);
    const again = await stage.connect(hub, agent.identity);
    await again.register(OURS);
    expect(await plugins()).toMatchObject([{ name: 'caddy' }]);
  });

  it('holds heartbeat.ack and metrics.ack of a v1 agent while a command is open, and sends no second', async () => {
    await agent.register();
    await order('show', { what: 'a' });
    const first = await agent.next('command.request');
    const second = await order('show', { what: 'b' });
    agent.send('heartbeat', {});
    agent.send('metrics.push', metricsPayload());
    agent.send('log.batch', LOGS);
    await agent.next('log.batch.ack');
    expect(agent.received).toEqual([]);
    expect((await person.call('GET', `/api/v1/runs/${second}`)).json()['state']).toBe('queued');

    agent.send('command.result', resultPayload(first.id, 'show'));
    expect((await agent.next('command.result.ack')).payload).toEqual({});
    await agent.next('heartbeat.ack');
    await agent.next('metrics.ack');
    expect((await agent.next('command.request')).payload).toMatchObject({ params: { what: 'b' } });
  });

  it('signs a waiting command when it is sent, not when it is ordered', async () => {
    await agent.register();
    await order('show', { what: 'a' });
    const first = await agent.next('command.request');
    await order('show', { what: 'b' });
    aheadMs = 40_000;
    agent.send('command.result', resultPayload(first.id, 'show'));
    const second = await agent.next('command.request');
    expect(Date.parse(second.ts) - Date.parse(first.ts)).toBeGreaterThanOrEqual(40_000);
  });

  it('a job of a v1 agent holds nothing', async () => {
    await agent.register();
    await order('move');
    await agent.next('command.request');
    agent.send('heartbeat', {});
    await agent.next('heartbeat.ack');
    await order('show', { what: 'a' });
    expect((await agent.next('command.request')).payload).toMatchObject({ command: 'show' });
  });

  it('sends several at once to an agent that named features, and says which result it acknowledges', async () => {
    await agent.register(OURS);
    await order('show', { what: 'a' });
    await order('show', { what: 'b' });
    const requests = [await agent.next('command.request'), await agent.next('command.request')];
    agent.send('heartbeat', {});
    await agent.next('heartbeat.ack');
    for (const { id } of requests) {
      agent.send('command.result', resultPayload(id, 'show'));
      expect((await agent.next('command.result.ack')).payload).toEqual({ request_id: id });
    }
  });
});
