import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol, Stage } from '../../test-support/hub-fixture.ts';
import { resultPayload } from '../../test-support/payloads.ts';
import { Person } from '../../test-support/person.ts';
import type { FakeAgent } from '../../test-support/hub-fixture.ts';
import type { Hub } from '../index.ts';

const OURS = { features: ['results.ack', 'command.cancel'] };

describe('POST /agents/:id/commands/:request/cancel', () => {
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
  afterEach(async () => {
    await stage.close();
  });

  const order = async (): Promise<string> => {
    const answer = await person.run({ agent: 'web-1', command: 'show', params: { what: 'a' } });
    return String(answer.json()['id']);
  };
  const look = async (id: unknown): Promise<Record<string, unknown>> =>
    (await person.call('GET', `/api/v1/runs/${String(id)}`)).json();
  const cancel = (request: string, key = 'key-1', of = 'web-1') =>
    person.call('POST', `/api/v1/agents/${of}/commands/${request}/cancel`, undefined, { 'idempotency-key': key });

  it('sends agent_cancel, signed as any command, and shows how both ended', async () => {
    await agent.register(OURS);
    const id = await order();
    const request = await agent.next('command.request');
    const answer = await cancel(request.id);
    expect(answer.status, answer.text).toBe(202);
    const run = answer.json();
    expect(run).toMatchObject({ agent: 'web-1', command: 'agent_cancel', params: { request_id: request.id }, state: 'sent' });
    expect((await cancel(request.id)).json()['id'], 'the same key again').toBe(run['id']);
    const sent = await agent.next('command.request');
    expect(sent.payload).toMatchObject({ command: 'agent_cancel', params: { request_id: request.id } });
    agent.send(
      'command.result',
      resultPayload(request.id, 'show', { success: false, exit_code: -1, failure_reason: 'cancelled' }),
    );
    agent.send('command.result', resultPayload(sent.id, 'agent_cancel', { stdout: 'cancelled' }));
    for (let acks = 0; acks < 2; acks += 1) await agent.next('command.result.ack');
    expect(await look(id)).toMatchObject({ state: 'cancelled', target: { result: { failure_reason: 'cancelled' } } });
    expect(await look(run['id'])).toMatchObject({ state: 'succeeded' });
    const again = await cancel(request.id, 'key-2');
    expect([again.status, again.json()['code']]).toEqual([409, 'E_RUN_ENDED']);
  });

  it('goes before what waits, however much is open', async () => {
    await agent.register(OURS);
    for (let at = 0; at < 40; at += 1) await order();
    const first = await agent.next('command.request');
    expect((await cancel(first.id)).status).toBe(202);
    const isCancel = () => agent.received.some(({ payload }) => payload['command'] === 'agent_cancel');
    while (!isCancel()) await agent.next('command.request');
  });

  it('drops what was not sent yet, and sends nothing', async () => {
    await agent.register(OURS);
    await agent.close();
    const id = await order();
    const target = (await look(id))['target'] as { readonly request_id: string };
    const answer = await cancel(target.request_id);
    expect(answer.json()).toMatchObject({ id, state: 'refused', target: { reason: 'cancelled before it was sent' } });
    const again = await stage.connect(hub, agent.identity);
    await again.register(OURS);
    expect(again.received).toEqual([]);
  });

  it('is refused for an agent that did not name the feature, for another agent, and for what never was', async () => {
    await agent.register({ features: ['results.ack'] });
    await order();
    const { id } = await agent.next('command.request');
    const told = async (answer: ReturnType<typeof cancel>) => [(await answer).status, (await answer).json()['code']];
    expect(await told(cancel(id))).toEqual([422, 'E_RUN_COMMAND']);
    await enrol(hub, 'web-2');
    expect(await told(cancel(id, 'key-2', 'web-2'))).toEqual([404, 'E_RUN']);
    expect(await told(cancel('nothing', 'key-3'))).toEqual([404, 'E_RUN']);
    expect(agent.received).toEqual([]);
  });

  it('cannot be ordered as a command of the host', async () => {
    await agent.register(OURS);
    const answer = await person.run({ agent: 'web-1', command: 'agent_cancel', params: { request_id: 'x' } });
    expect([answer.status, answer.json()['code']]).toEqual([422, 'E_RUN_COMMAND']);
  });
});
