import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol, Stage } from '../../test-support/hub-fixture.ts';
import type { FakeAgent, Received } from '../../test-support/hub-fixture.ts';
import { registerPayload } from '../../test-support/payloads.ts';
import { Person } from '../../test-support/person.ts';
import type { Hub } from '../index.ts';

const BOOT = '3f0c2a9e41d7';

/** A frame with its number, as it stands on the wire. */
type Numbered = Received & { readonly x?: string };

describe("the numbers of an agent's frames", () => {
  let stage: Stage;
  let hub: Hub;
  let agent: FakeAgent;
  let person: Person;
  beforeEach(async () => {
    stage = new Stage();
    hub = await stage.startHub();
    agent = await stage.connect(hub, await enrol(hub, 'web-1'));
    person = await Person.signedIn(hub);
  });
  afterEach(() => stage.close());

  const found = async (): Promise<unknown[]> =>
    (await person.call('GET', '/api/v1/agents/web-1/events?limit=500')).json()['items'] as unknown[];
  const beat = (x?: string, ts = new Date().toISOString()): void =>
    agent.sendRaw(JSON.stringify({ v: 1, type: 'heartbeat', id: 'h', ts, agent_id: 'web-1', payload: {}, x }));
  /** A heartbeat with this number, and its acknowledgement. */
  const numbered = async (seq: number, ts?: string): Promise<Numbered> => {
    beat(`${BOOT}-${seq}`, ts);
    return await agent.next('heartbeat.ack');
  };

  it.each([
    ['names no features', undefined],
    ['does not name link.seq', ['results.ack', 'events.id']],
  ])('SEC-075: an agent that %s never sees x, and what it sends as x is nothing', async (_name, features) => {
    const ok: Numbered = await agent.register(features === undefined ? {} : { features });
    expect(Object.keys(ok)).toEqual(['v', 'type', 'id', 'ts', 'agent_id', 'payload']);
    for (const seq of [7, 3, 3]) expect(await numbered(seq)).not.toHaveProperty('x');
    await order();
    expect(await agent.next('command.request')).not.toHaveProperty('x');
    expect(await found()).toEqual([]);
  });

  it('SEC-075: each frame of the hub shows its place, from the register.ok that names the feature on', async () => {
    const ok: Numbered = await agent.register({ features: ['link.seq'] });
    expect(ok).toMatchObject({ payload: { features: ['link.seq'] }, x: expect.stringMatching(/^[0-9a-f]{12}-1$/u) as unknown });
    const boot = ok.x?.split('-')[0];
    const second = await numbered(2);
    await order();
    const third: Numbered = await agent.next('command.request');
    expect([second.x, third.x]).toEqual([`${boot}-2`, `${boot}-3`]);
    const again = await stage.connect(hub, agent.identity);
    expect(await again.register({ features: ['link.seq'] })).toMatchObject({ x: ok.x });
  });

  it('SEC-075: an agent that begins late, after frames on the way, is nothing to tell', async () => {
    await agent.register({ features: ['link.seq'] });
    beat();
    agent.sendRaw('{"v":1');
    for (const seq of [4, 5, 6]) await numbered(seq);
    expect(await found()).toEqual([]);
  });

  it('SEC-075: lost, doubled, reordered and misdated frames are events about the agent; each is acted on, the link stays', async () => {
    await agent.register({ features: ['link.seq'] });
    for (const seq of [2, 4, 4, 6, 5]) await numbered(seq);
    beat();
    await agent.next('heartbeat.ack');
    await numbered(7, new Date(Date.now() - 6_000).toISOString());
    expect(await found()).toMatchObject([
      { kind: 'link_fault', source: 'hub', body: { fault: 'clock_back', count: 1, expected: 7, seq: 7 } },
      { body: { fault: 'unnumbered', count: 1, expected: 7 } },
      { body: { fault: 'behind', count: 2, expected: 7, seq: 5 } },
      { body: { fault: 'gap', count: 2, expected: 5, seq: 6 } },
      { body: { fault: 'behind', count: 1, expected: 5, seq: 4 } },
      { body: { fault: 'gap', count: 1, expected: 3, seq: 4 } },
    ]);
    expect(hub.gateway.link('web-1')).toBeDefined();
  });

  it('SEC-075: many faults of one kind are few events', async () => {
    await agent.register({ features: ['link.seq'] });
    for (let times = 0; times < 200; times += 1) await numbered(2);
    expect(await found()).toHaveLength(8);
  });

  it('SEC-075: a second register is no new beginning', async () => {
    await agent.register({ features: ['link.seq'] });
    agent.send('register', registerPayload(agent.identity.pulseToken, { features: ['link.seq'] }));
    await numbered(2);
    expect(await found()).toMatchObject([{ body: { fault: 'behind', expected: 3, seq: 2 } }]);
  });

  async function order(): Promise<void> {
    const answer = await person.run({ agent: 'web-1', command: 'show', params: { what: 'a' } });
    expect(answer.status, answer.text).toBe(202);
  }
});
