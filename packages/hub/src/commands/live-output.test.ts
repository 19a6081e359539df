import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol, Stage } from '../../test-support/hub-fixture.ts';
import { resultPayload } from '../../test-support/payloads.ts';
import { Person } from '../../test-support/person.ts';
import type { FakeAgent } from '../../test-support/hub-fixture.ts';
import type { Hub } from '../index.ts';

const OURS = { features: ['results.ack', 'command.output'] };

describe('output of a running command', () => {
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

  /** Orders `show`; the run's id and the request's. */
  async function order(): Promise<{ readonly run: string; readonly request: string }> {
    const answer = await person.run({ agent: 'web-1', command: 'show', params: { what: 'a' } });
    return { run: String(answer.json()['id']), request: (await agent.next('command.request')).id };
  }
  /** Sends a piece and waits for its acknowledgement. */
  async function tell(request: string, offset: number, text: string, seq: number, more: object = {}): Promise<void> {
    agent.send('command.output', { request_id: request, stream: 'stdout', offset, text, seq, ...more });
    expect((await agent.next('command.output.ack')).payload).toEqual({ request_id: request, seq });
  }
  const runView = async (id: string): Promise<Record<string, unknown>> => (await person.call('GET', `/api/v1/runs/${id}`)).json();

  it('is at the API and on the stream as it comes, until the result takes its place', async () => {
    expect((await agent.register(OURS)).payload).toEqual(OURS);
    const stream = await person.stream('/api/v1/stream/fleet');
    stage.defer(() => stream.close());
    const { run, request } = await order();
    await tell(request, 0, 'one €\n', 0);
    await tell(request, 0, 'oops', 1, { stream: 'stderr' });
    await tell(request, 8, 'two\n', 2);
    expect(await stream.until('run-output')).toEqual({ run, agent: 'web-1', stream: 'stdout', at: 0, text: 'one €\n' });
    expect(await stream.until('run-output')).toMatchObject({ stream: 'stderr', at: 0, text: 'oops' });
    expect(await stream.until('run-output')).toMatchObject({ stream: 'stdout', at: 6, text: 'two\n' });
    const output = { stdout: 'one €\ntwo\n', stderr: 'oops' };
    expect(await runView(run)).toMatchObject({ state: 'running', target: { state: 'running', result: null, output } });
    agent.send('command.result', resultPayload(request, 'show', { stdout: 'all of it' }));
    await agent.next('command.result.ack');
    expect(await runView(run)).toMatchObject({ state: 'succeeded', target: { result: { stdout: 'all of it' }, output: null } });
  });

  it('of another run never comes before the result that came first: a result is told at once', async () => {
    await agent.register(OURS);
    const stream = await person.stream('/api/v1/stream/fleet');
    stage.defer(() => stream.close());
    const [first, second] = [await order(), await order()];
    agent.send('command.result', resultPayload(first.request, 'show', { stdout: 'all of it' }));
    agent.send('command.output', { request_id: second.request, stream: 'stdout', offset: 0, text: 'later', seq: 0 });
    expect(await stream.until('run', ({ id, state }) => id === first.run && state === 'succeeded')).toMatchObject({
      id: first.run,
    });
    expect(await stream.until('run-output')).toMatchObject({ run: second.run, text: 'later' });
  });

  it('is taken once when it is sent again after a reconnect, and what is missing is told', async () => {
    await agent.register(OURS);
    const { run, request } = await order();
    await tell(request, 0, 'one €\n', 0);
    await agent.close();
    agent = await stage.connect(hub, agent.identity);
    await agent.register(OURS);
    await tell(request, 0, 'one €\n', 0);
    await tell(request, 4, '€\ntwo\n', 1);
    await tell(request, 17, 'three\n', 2);
    const output = { stdout: 'one €\ntwo\n\n[… 5 bytes left out here …]\nthree\n', stderr: '' };
    expect(await runView(run)).toMatchObject({ target: { output } });
  });

  it('SEC-323 is dropped where this agent was not asked, or has answered', async () => {
    await agent.register(OURS);
    const other = await stage.connect(hub, await enrol(hub, 'web-2'));
    await other.register(OURS);
    const { run, request } = await order();
    const piece = { request_id: request, stream: 'stdout', offset: 0, text: 'forged', seq: 0 };
    other.send('command.output', piece);
    other.send('command.output', { ...piece, request_id: 'made-up' });
    expect((await other.next('command.output.ack')).payload).toEqual({ request_id: request, seq: 0 });
    await other.next('command.output.ack');
    expect(await runView(run)).toMatchObject({ state: 'sent', target: { output: null } });
    await tell(request, 0, 'true', 0);
    other.send('command.output', { ...piece, offset: 4 });
    await other.next('command.output.ack');
    expect(await runView(run)).toMatchObject({ target: { output: { stdout: 'true' } } });
    agent.send('command.result', resultPayload(request, 'show'));
    await agent.next('command.result.ack');
    await tell(request, 4, 'late', 1);
    expect(await runView(run)).toMatchObject({ target: { output: null, result: { stdout: 'seen\n' } } });
  });

  it('is bounded, whatever an agent sends', async () => {
    await agent.register(OURS);
    const { run, request } = await order();
    for (let seq = 0; seq < 8; seq += 1) await tell(request, seq * 100_000, 'x'.repeat(100_000), seq);
    const target = (await runView(run))['target'] as { output: { stdout: string } };
    expect(target.output.stdout.length).toBeLessThan(310 * 1024);
    expect(target.output.stdout).toContain('the rest is in the result');
  });

  it('SEC-052 is an unknown type from an agent that did not name the feature, and such a one gets no acknowledgement', async () => {
    await agent.register({ features: ['results.ack'] });
    const { run, request } = await order();
    for (let count = 0; count < 5; count += 1)
      agent.send('command.output', { request_id: request, stream: 'stdout', offset: 0, text: 'x', seq: 0 });
    expect((await agent.closed).code).toBe(1008);
    expect(agent.received.map(({ type }) => type)).not.toContain('command.output.ack');
    expect(await runView(run)).toMatchObject({ target: { output: null } });
  });

  it('SEC-052 counts a piece that is none as malformed', async () => {
    await agent.register(OURS);
    const { request } = await order();
    for (const odd of [{ stream: 'stdin' }, { offset: -1 }, { offset: 0.5 }, { text: 1 }, { seq: null }])
      agent.send('command.output', { request_id: request, stream: 'stdout', offset: 0, text: 'x', seq: 0, ...odd });
    expect((await agent.closed).code).toBe(1008);
  });
});
