import { HUB_JSON_LIMITS, boundRequestId, canonicalRequest, parseFrame, verifySignature } from '@stormpulse/protocol';
import { nodeCrypto } from '@stormpulse/protocol/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol, Stage } from '../../test-support/hub-fixture.ts';
import { resultPayload } from '../../test-support/payloads.ts';
import { Person } from '../../test-support/person.ts';
import type { FakeAgent, Received } from '../../test-support/hub-fixture.ts';
import type { Hub } from '../index.ts';

describe('runs', () => {
  let stage: Stage;
  let hub: Hub;
  let agent: FakeAgent;
  let person: Person;
  let aheadMs: number;
  beforeEach(async () => {
    stage = new Stage();
    aheadMs = 0;
    hub = await stage.startHub({ times: { resultGraceMs: 0 }, clock: { now: () => Date.now() + aheadMs } });
    agent = await stage.connect(hub, await enrol(hub, 'web-1'));
    await agent.register({ features: ['results.ack'] });
    person = await Person.signedIn(hub);
  });
  afterEach(async () => {
    await stage.close();
  });

  async function send(
    order: object = { agent: 'web-1', command: 'show', params: { what: 'a' } },
  ): Promise<{ id: string; request: Received }> {
    const answer = await person.run(order);
    expect(answer.status, answer.text).toBe(202);
    return { id: String(answer.json()['id']), request: await agent.next('command.request') };
  }

  async function look(id: string): Promise<Record<string, unknown>> {
    return (await person.call('GET', `/api/v1/runs/${id}`)).json();
  }

  it('signs with the key of the enrolment, over the canonical text', async () => {
    const { request } = await send();
    const { command, params, nonce, hmac } = request.payload as {
      command: string;
      params: Record<string, string>;
      nonce: string;
      hmac: string;
    };
    const { timestamp } = parseFrame(JSON.stringify({ v: 1, ...request }), { dialect: 'hardened', limits: HUB_JSON_LIMITS });
    expect(timestamp.canonical).toBe(request.ts);
    expect(nonce).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const text = canonicalRequest({ command, params, nonce, ts: request.ts });
    expect(verifySignature(nodeCrypto, agent.identity.hmacKey, text, hmac)).toBe(true);
    const other = await enrol(hub, 'web-2');
    expect(verifySignature(nodeCrypto, other.hmacKey, text, hmac)).toBe(false);
  });

  it('keeps success, failure, and its reason', async () => {
    const good = await send();
    agent.send('command.result', resultPayload(good.request.id, 'show'));
    await agent.next('command.result.ack');
    expect(await look(good.id)).toMatchObject({
      state: 'succeeded',
      agent: 'web-1',
      command: 'show',
      params: { what: 'a' },
      target: { request_id: good.request.id },
    });
    const bad = await send();
    const failure = { success: false, exit_code: 3, failure_reason: 'exit_code', stdout: 'a\u0000b', stderr: 'no' };
    agent.send('command.result', resultPayload(bad.request.id, 'show', failure));
    await agent.next('command.result.ack');
    expect(await look(bad.id)).toMatchObject({
      state: 'failed',
      target: { state: 'failed', reason: 'exit_code', result: failure },
    });
  });

  it('ends an order when the agent reports that it refused it, and lets a result correct that', async () => {
    const { id, request } = await send();
    const refusal = (failure_reason: string, kind = 'signature_failure'): object => ({
      batch_id: `b-${failure_reason}`,
      events: [
        {
          ts: '2026-01-01T00:00:00.000Z',
          source: 'auth',
          kind,
          failure_reason,
          command_ref: request.id,
          error: 'too early',
        },
      ],
    });
    agent.send('events.batch', refusal('replayed_nonce'));
    await agent.next('events.batch.ack');
    expect(await look(id)).toMatchObject({ state: 'sent' });
    agent.send('events.batch', refusal('before_floor', 'replay_refused'));
    await agent.next('events.batch.ack');
    expect(await look(id)).toMatchObject({
      state: 'refused',
      target: { reason: 'the agent refused it: before_floor; too early' },
    });
    agent.send('command.result', resultPayload(request.id, 'show'));
    await agent.next('command.result.ack');
    expect(await look(id)).toMatchObject({ state: 'succeeded' });
  });

  it('SEC-323 never takes a result for what this hub did not send to this agent, and acknowledges it', async () => {
    const second = await stage.connect(hub, await enrol(hub, 'web-2'));
    await second.register({ features: ['results.ack'] });
    const { id, request } = await send();
    for (const [from, requestId, command] of [
      [second, request.id, 'show'],
      [agent, '5f2b8d66-7c0e-4f6f-9d3c-2b1a0f9e8d7c', 'show'],
      [agent, request.id, 'wipe'],
    ] as const) {
      from.send('command.result', resultPayload(requestId, command, { stdout: 'forged' }));
      expect((await from.next('command.result.ack')).payload).toEqual({ request_id: requestId });
      expect((await look(id))['state']).toBe('sent');
    }
    agent.send('command.result', resultPayload(request.id, 'show', { stdout: 'true' }));
    await agent.next('command.result.ack');
    expect(await look(id)).toMatchObject({ state: 'succeeded', target: { result: { stdout: 'true' } } });
  });

  it('SEC-069 acknowledges a repeated result and keeps the first; extras never replace a standard field', async () => {
    const { id, request } = await send();
    agent.send('command.result', resultPayload(request.id, 'show', { stdout: 'first', job_detail: { success: true } }));
    agent.send('command.result', resultPayload(request.id, 'show', { stdout: 'second' }));
    const interrupted = { success: false, exit_code: -1, failure_reason: 'interrupted' };
    agent.send('command.result', resultPayload(request.id, 'show', interrupted));
    for (let acks = 0; acks < 3; acks += 1) await agent.next('command.result.ack');
    expect(await look(id)).toMatchObject({ state: 'succeeded', target: { result: { stdout: 'first' } } });
    const other = await send();
    agent.send('command.result', resultPayload(other.request.id, 'show', interrupted));
    await agent.next('command.result.ack');
    expect(await look(other.id)).toMatchObject({ state: 'interrupted', target: { result: { failure_reason: 'interrupted' } } });
  });

  it('calls the outcome unknown when the link is lost, and lets a late result correct it', async () => {
    const { id, request } = await send();
    await agent.close();
    const again = await stage.connect(hub, agent.identity);
    await again.register({ features: ['results.ack'] });
    expect(await look(id)).toMatchObject({
      state: 'unknown',
      target: { reason: 'the link was lost before an answer came', result: null },
    });
    again.send('command.result', resultPayload(request.id, 'show', { stdout: 'late' }));
    await again.next('command.result.ack');
    expect(await look(id)).toMatchObject({ state: 'succeeded', target: { result: { stdout: 'late' } } });
    expect(again.received).toEqual([]);
  });

  it('calls the outcome unknown when no answer comes within its time', async () => {
    const again = await stage.connect(hub, agent.identity);
    const commands = {
      quick: {
        group: 'g',
        description: '',
        template: ['x'],
        timeout: 0.001,
        requires_confirmation: false,
        long_running: false,
        params: {},
      },
    };
    await again.register({ features: [], commands });
    agent = again;
    const stream = await person.stream('/api/v1/stream/fleet');
    stage.defer(() => stream.close());
    const { id } = await send({ agent: 'web-1', command: 'quick', params: {} });
    await stream.until('run', (run) => run['id'] === id && run['state'] === 'unknown');
  });

  it('shows progress of a job as running', async () => {
    const { id, request } = await send({ agent: 'web-1', command: 'move', params: {} });
    const nothing = {
      rate_bytes_per_sec: null,
      eta_seconds: null,
      objects_current: null,
      objects_total: null,
      bytes_freed: null,
    };
    agent.send('command.progress', {
      request_id: request.id,
      command: 'move',
      group: 'g',
      stage: 'starting',
      current: 0,
      total: null,
      message: '',
      ...nothing,
    });
    await agent.settle();
    expect((await look(id))['state']).toBe('running');
  });

  it('asks for the confirmation a command needs', async () => {
    const without = await person.run({ agent: 'web-1', command: 'wipe', params: {} });
    expect(without.status).toBe(428);
    expect(without.json()).toMatchObject({ code: 'E_NEEDS', errors: [{ pointer: '/confirm' }] });
    expect((await person.run({ agent: 'web-1', command: 'wipe', params: {}, confirm: 'web-2' })).status).toBe(428);
    const { request } = await send({ agent: 'web-1', command: 'wipe', params: {}, confirm: 'web-1' });
    expect(request.payload).toMatchObject({ command: 'wipe' });
  });

  it('says what is wrong with an order, and sends nothing', async () => {
    const table: [object, number, string][] = [
      [{ agent: 'nobody', command: 'show', params: {} }, 404, 'E_AGENT'],
      [{ agent: 'web-1', command: 'reboot', params: {} }, 422, 'E_RUN_COMMAND'],
      [{ agent: 'web-1', command: '__proto__', params: {} }, 422, 'E_RUN_COMMAND'],
      [{ agent: 'web-1', command: 'show', params: { what: 'a&what=b' } }, 422, 'E_RUN_PARAM'],
      [{ agent: 'web-1', command: 'show', params: { what: 5 } }, 422, 'E_PARAM'],
      [{ agent: 'web-1', command: 'show' }, 422, 'E_PARAM'],
      [{ agent: 'web-1', command: 'show', params: {}, more: 1 }, 422, 'E_PARAM'],
    ];
    for (const [order, status, code] of table) {
      const answer = await person.run(order);
      expect([answer.status, answer.json()['code']], JSON.stringify(order)).toEqual([status, code]);
    }
    await agent.settle();
    expect(agent.received).toEqual([]);
  });

  it('SEC-071: keeps an order for an agent that is away under an id that its nonce gives, signs it when it is back, and drops it after an hour', async () => {
    const order = { agent: 'web-1', command: 'show', params: { what: 'a' } };
    await agent.close();
    const waiting = (await person.run(order)).json();
    expect(waiting).toMatchObject({ state: 'queued', target: { sent_at: null, result: null } });
    aheadMs = 59 * 60_000;
    agent = await stage.connect(hub, agent.identity);
    await agent.register();
    const request = await agent.next('command.request');
    expect(Date.parse(request.ts) - Date.now()).toBeGreaterThan(58 * 60_000);
    expect(request.id, 'SEC-071').toBe(boundRequestId(nodeCrypto, (request.payload as { nonce: string }).nonce));
    expect(request.id).toBe((waiting['target'] as { request_id: string }).request_id);

    await agent.close();
    person = await Person.signedIn(hub);
    const forgotten = (await person.run(order)).json();
    aheadMs += 61 * 60_000;
    agent = await stage.connect(hub, agent.identity);
    await agent.register();
    await agent.settle();
    expect(agent.received).toEqual([]);
    person = await Person.signedIn(hub);
    expect(await look(String(forgotten['id']))).toMatchObject({ state: 'expired' });
  });

  it('gives the same run for the same key, and refuses another order under it', async () => {
    const order = { agent: 'web-1', command: 'show', params: { what: 'a' } };
    const first = await person.run(order, 'key-1');
    const again = await person.run(order, 'key-1');
    expect(again.json()['id']).toBe(first.json()['id']);
    expect((await person.run({ ...order, params: { what: 'b' } }, 'key-1')).json()['code']).toBe('E_IDEMPOTENCY');
    await agent.next('command.request');
    await agent.settle();
    expect(agent.received).toEqual([]);
    expect((await person.call('POST', '/api/v1/runs', order)).status).toBe(422);
    const list = (await person.call('GET', '/api/v1/runs?agent=web-1&limit=5')).json()['items'];
    expect(list).toMatchObject([{ id: first.json()['id'] }]);
  });

  it('the signer refuses what has two readings, and gives a whole frame for the rest', () => {
    const request = { command: 'show', params: { what: 'x' }, nonce: 'n', ts: '2026-03-04T05:06:07Z' };
    const frame = JSON.parse(hub.signer.sign('web-1', request)) as Received;
    expect(frame).toMatchObject({
      type: 'command.request',
      agent_id: 'web-1',
      ts: request.ts,
      payload: { command: 'show', nonce: 'n' },
    });
    expect(() => hub.signer.sign('web-1', { ...request, params: { what: 'a&what=b' } })).toThrow();
    expect(() => hub.signer.sign('web-1', { ...request, nonce: 'a\nb' })).toThrow();
    expect(() => hub.signer.sign('nobody', request)).toThrow(/no agent "nobody"/);
  });
});
